package provider

import (
	"slices"
	"strings"
)

// Find returns the provider of a name, or nil.
func Find(name string) *Provider {
	if i := slices.IndexFunc(table[:], func(p Provider) bool { return p.Name == name }); i >= 0 {
		return &table[i]
	}
	return nil
}

// ForAddress returns the provider of a mail address, by its domain, or nil.
func ForAddress(address string) *Provider {
	_, domain, _ := strings.Cut(strings.ToLower(address), "@")
	for i := range table {
		if slices.Contains(table[i].Domains, domain) {
			return &table[i]
		}
	}
	return nil
}

// Names returns the names of all providers.
func Names() []string {
	names := make([]string, len(table))
	for i := range table {
		names[i] = table[i].Name
	}
	return names
}
