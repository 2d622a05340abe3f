package attack

import "strings"

// plainText returns a description, which is Markdown with marks of citations
// and a little HTML, as text: without citations, with what links lead to in
// brackets, and with code between backticks.
func plainText(text string) string {
	text = strings.NewReplacer("<code>", "`", "</code>", "`", "<br>", "\n").Replace(text)
	return strings.TrimSpace(withoutLinks(withoutCitations(text)))
}

func withoutCitations(text string) string {
	const mark = "(Citation:"
	var b strings.Builder
	for {
		start := strings.Index(text, mark)
		if start < 0 {
			break
		}
		end := closing(text[start:])
		if end < 0 {
			break
		}
		b.WriteString(strings.TrimSuffix(text[:start], " "))
		text = text[start+end:]
	}
	b.WriteString(text)
	return b.String()
}

// closing returns the offset behind the bracket that closes the first one of
// text, or -1: names of sources have brackets in them.
func closing(text string) int {
	depth := 0
	for i := range len(text) {
		switch text[i] {
		case '(':
			depth++
		case ')':
			depth--
			if depth == 0 {
				return i + 1
			}
		case '\n':
			return -1
		}
	}
	return -1
}

// maxAddress is the length of the longest address that is taken for one.
const maxAddress = 1024

// withoutLinks turns "[text](address)" into "text (address)".
func withoutLinks(text string) string {
	var b strings.Builder
	for {
		middle := strings.Index(text, "](")
		if middle < 0 {
			break
		}
		start, end := strings.LastIndexByte(text[:middle], '['), strings.IndexAny(text[middle:min(len(text), middle+maxAddress)], ") \n")
		if start < 0 || end < 0 || text[middle+end] != ')' {
			b.WriteString(text[:middle+len("](")])
			text = text[middle+len("]("):]
			continue
		}
		address := text[middle+len("](") : middle+end]
		b.WriteString(text[:start] + text[start+1:middle] + " (" + reference(address) + ")")
		text = text[middle+end+1:]
	}
	b.WriteString(text)
	return b.String()
}

// reference returns what people call the page at an address: the id, for
// those of ATT&CK.
func reference(address string) string {
	page, ours := strings.CutPrefix(address, "https://attack.mitre.org/")
	_, id, found := strings.Cut(strings.TrimSuffix(page, "/"), "/")
	if !ours || !found || id == "" || strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/") != "" {
		return address
	}
	return strings.ReplaceAll(id, "/", ".")
}
