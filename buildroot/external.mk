include $(sort $(wildcard $(BR2_EXTERNAL_PILLARBOX_PATH)/package/*/*.mk))
