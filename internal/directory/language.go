package directory

// LanguageName is the name of a language in that language, the tag itself where
// nobody knows one.
func LanguageName(tag string) string { return tongue(tag) }
