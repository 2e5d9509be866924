package accounts

// saltedPassword is Hi() of RFC 5802 §2.2.
func saltedPassword(password string, salt []byte, iterations int) ([]byte, error) {
	return stretch(password, salt, iterations), nil
}
