package markdown

import (
	"strings"
)

// syntax is what the highlighter knows of a language. It sees comments,
// strings, numbers and words, in one pass without looking back: enough to read
// by, in time that grows with the length and nothing else. Highlighters made of
// regular expressions take seconds on a hostile text of a few kilobytes.
type syntax struct {
	line     []string    // what begins a comment that ends with the line
	block    [][2]string // what begins and ends longer comments
	quotes   string      // what begins and ends a string within a line
	long     [][2]string // what begins and ends strings over several lines
	escape   bool        // a backslash hides the next character of a string
	caseless bool
	keywords string // separated by spaces
}

const (
	wordsC         = "auto break case char const continue default do double else enum extern float for goto if inline int long register return short signed sizeof static struct switch typedef union unsigned void volatile while true false NULL bool"
	wordsJava      = "abstract assert boolean break byte case catch char class const continue default do double else enum extends final finally float for if implements import instanceof int interface long native new package private protected public record return sealed short static super switch synchronized this throw throws transient try var void volatile while yield true false null"
	wordsJS        = "async await break case catch class const continue debugger default delete do else export extends finally for from function get if import in instanceof let new of return set static super switch this throw try typeof var void while with yield true false null undefined as any boolean declare enum implements interface keyof namespace never number readonly string type unknown private protected public abstract satisfies"
	wordsOfQueries = "add all alter and any as asc begin between by case cast check column commit constraint create cross database default delete desc distinct drop else end exists explain false fetch filter first foreign from full function grant group having if in index inner insert intersect into is join key last lateral left like limit not null nulls offset on or order outer over partition primary procedure recursive references returning revoke right rollback row rows select set table then to transaction trigger true truncate union unique update using values view when where window with"
)

// syntaxOf returns the syntax that a code block's info word names.
func syntaxOf(name string) (syntax, bool) {
	c := syntax{line: []string{"//"}, block: [][2]string{{"/*", "*/"}}, quotes: `"'`, escape: true}
	hash := syntax{line: []string{"#"}, quotes: `"'`, escape: true}
	switch strings.ToLower(name) {
	case "c", "h":
		c.keywords = wordsC
		return c, true
	case "cpp", "c++", "cc", "hpp", "arduino", "ino":
		c.keywords = wordsC + " catch class co_await concept consteval constexpr delete explicit export friend final mutable namespace new noexcept nullptr operator override private protected public requires static_cast template this throw try typename using virtual"
		return c, true
	case "cs", "csharp", "c#":
		c.keywords = wordsJava + " as async await base bool decimal delegate event explicit extern fixed foreach get goto implicit in internal is lock namespace nint object operator out override params partial readonly ref sbyte set sizeof string struct uint ulong unchecked unsafe ushort using virtual where"
		return c, true
	case "java", "groovy":
		c.keywords = wordsJava
		return c, true
	case "kotlin", "kt":
		c.keywords = "as break by class companion constructor continue data do else enum false finally for fun if import in init interface internal is it lateinit null object open operator out override package private protected public return sealed super suspend this throw true try typealias val var vararg when where while"
		return c, true
	case "swift":
		c.keywords = "as associatedtype async await break case catch class continue default defer deinit do else enum extension fallthrough false fileprivate for func guard if import in init inout internal is let nil open operator override private protocol public repeat return self Self static struct subscript super switch throw throws true try typealias var where while"
		return c, true
	case "go", "golang":
		c.quotes = `"'`
		c.long = [][2]string{{"`", "`"}}
		c.keywords = "break case chan const continue default defer else fallthrough for func go goto if import interface map package range return select struct switch type var true false nil iota any bool byte error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 append cap clear close copy delete len make max min new panic recover"
		return c, true
	case "rust", "rs":
		c.quotes = `"`
		c.keywords = "as async await break const continue crate dyn else enum extern false fn for if impl in let loop match mod move mut pub ref return self Self static struct super trait true type unsafe use where while bool char f32 f64 i8 i16 i32 i64 isize str u8 u16 u32 u64 usize"
		return c, true
	case "js", "javascript", "ts", "typescript", "jsx", "tsx", "mjs":
		c.long = [][2]string{{"`", "`"}}
		c.keywords = wordsJS
		return c, true
	case "php":
		c.line = []string{"//", "#"}
		c.keywords = "abstract and array as break callable case catch class clone const continue declare default do echo else elseif empty enum extends false final finally fn for foreach function global if implements include instanceof interface isset list match namespace new null or print private protected public readonly require require_once return static switch this throw trait true try unset use var while xor yield"
		return c, true
	case "css", "scss", "less":
		c.keywords = "important media import supports container layer from to auto none inherit initial unset"
		return c, true
	case "json", "json5", "jsonc":
		c.quotes = `"`
		c.keywords = "true false null"
		return c, true
	case "st", "iec", "scl", "structuredtext", "pascal", "delphi":
		return syntax{line: []string{"//"}, block: [][2]string{{"(*", "*)"}, {"{", "}"}}, quotes: `'"`, caseless: true,
			keywords: "and array at begin bool by byte case const constant do downto dint dword else elsif end end_case end_for end_function end_function_block end_if end_program end_repeat end_struct end_type end_var end_while exit false for function function_block if int lreal lword mod nil not of or procedure program real record repeat return sint string struct then time to true type udint uint until usint var var_global var_in_out var_input var_output var_temp while with word xor"}, true
	case "py", "python", "python3":
		hash.long = [][2]string{{`"""`, `"""`}, {`'''`, `'''`}}
		hash.keywords = "and as assert async await break case class continue def del elif else except False finally for from global if import in is lambda match None nonlocal not or pass raise return self True try while with yield"
		return hash, true
	case "rb", "ruby":
		hash.keywords = "alias and begin break case class def defined do else elsif end ensure extend false for if in include module next nil not or raise redo require rescue retry return self super then true undef unless until when while yield"
		return hash, true
	case "sh", "bash", "shell", "zsh", "console":
		hash.keywords = "case cd do done echo elif else esac exit export fi for function if in local read return select set shift source sudo then trap unset until while"
		return hash, true
	case "ps1", "powershell", "pwsh":
		hash.block = [][2]string{{"<#", "#>"}}
		hash.escape, hash.caseless = false, true
		hash.keywords = "begin break catch class continue data do dynamicparam else elseif end exit filter finally for foreach from function if in param process return switch throw trap try until using while"
		return hash, true
	case "yaml", "yml":
		hash.keywords = "true false null yes no on off"
		return hash, true
	case "toml", "ini", "conf", "properties", "dockerfile", "makefile", "make", "nginx":
		hash.line = []string{"#", ";"}
		hash.keywords = "true false on off yes no FROM RUN COPY ADD CMD ENTRYPOINT ENV ARG EXPOSE WORKDIR USER VOLUME"
		return hash, true
	case "r":
		hash.keywords = "break else FALSE for function if in Inf library NA NaN next NULL repeat return TRUE while"
		return hash, true
	case "sql", "postgres", "postgresql", "mysql", "sqlite", "tsql", "plsql":
		return syntax{line: []string{"--"}, block: [][2]string{{"/*", "*/"}}, quotes: `'"`, caseless: true, keywords: wordsOfQueries}, true
	case "vb", "vba", "vbnet", "basic":
		return syntax{line: []string{"'"}, quotes: `"`, caseless: true,
			keywords: "and as boolean byref byval call case const date dim do double each else elseif end error exit false for friend function get gosub goto if in integer is let like long loop me mod module new next not nothing null object on option or optional private property public redim resume return select set single static step string sub then to true until variant wend while with xor"}, true
	case "matlab", "octave", "tex", "latex":
		return syntax{line: []string{"%"}, quotes: `"`, keywords: "break case catch continue else elseif end for function global if otherwise persistent return switch try while begin"}, true
	case "gcode", "nc", "cnc":
		return syntax{line: []string{";"}, block: [][2]string{{"(", ")"}}, caseless: true}, true
	case "lua", "haskell", "hs", "ada":
		return syntax{line: []string{"--"}, quotes: `"`, escape: true, keywords: "and break case class data deriving do else elseif elsif end false for function goto if import in instance is let local module newtype nil not of or procedure repeat return then true type until where while"}, true
	}
	return syntax{}, false
}

// maxHighlight is how much code of one block is coloured, in bytes.
const maxHighlight = 64 << 10

// writeCode writes the escaped code with spans around what the language marks:
// k keyword, s string, c comment, n number; in a diff i inserted, d deleted.
func writeCode(b *out, code, info string) {
	switch {
	case len(code) > maxHighlight:
		b.text(code)
	case info == "diff" || info == "patch":
		for line := range strings.Lines(code) {
			class := ""
			switch line[0] {
			case '+':
				class = "i"
			case '-':
				class = "d"
			case '@':
				class = "c"
			}
			b.span(class, line)
		}
	case info == "html" || info == "xml" || info == "svg" || info == "vue":
		writeTags(b, code)
	default:
		if s, ok := syntaxOf(info); ok {
			s.write(b, code)
		} else {
			b.text(code)
		}
	}
}

func (s syntax) write(b *out, code string) {
	words := map[string]bool{}
	for w := range strings.FieldsSeq(s.keywords) {
		words[w] = true
	}
	plain := 0 // where the text that was not written yet begins
	i := 0
	emit := func(class string, end int) {
		b.text(code[plain:i])
		b.span(class, code[i:end])
		i, plain = end, end
	}
next:
	for i < len(code) && !b.full() {
		rest := code[i:]
		for _, p := range s.block {
			if strings.HasPrefix(rest, p[0]) {
				emit("c", i+len(p[0])+through(rest[len(p[0]):], p[1]))
				continue next
			}
		}
		for _, p := range s.line {
			if strings.HasPrefix(rest, p) {
				emit("c", i+through(rest, "\n"))
				continue next
			}
		}
		for _, p := range s.long {
			if strings.HasPrefix(rest, p[0]) {
				emit("s", i+len(p[0])+through(rest[len(p[0]):], p[1]))
				continue next
			}
		}
		c := code[i]
		switch {
		case strings.IndexByte(s.quotes, c) >= 0:
			emit("s", i+s.quoted(rest))
		case isIdent(c):
			n := 1
			for n < len(rest) && isIdent(rest[n]) {
				n++
			}
			word := rest[:n]
			if s.caseless {
				word = strings.ToLower(word)
			}
			switch {
			case c >= '0' && c <= '9':
				for n < len(rest) && (isIdent(rest[n]) || rest[n] == '.' && n+1 < len(rest) && rest[n+1] >= '0' && rest[n+1] <= '9') {
					n++
				}
				emit("n", i+n)
			case words[word]:
				emit("k", i+n)
			default:
				i += n
			}
		default:
			i++
		}
	}
	b.text(code[plain:i])
}

// through returns the length of s up to and with the end mark, all of s when
// there is none.
func through(s, end string) int {
	if k := strings.Index(s, end); k >= 0 {
		return k + len(end)
	}
	return len(s)
}

// quoted returns the length of the string that s begins with: up to the same
// quote, or to the end of the line.
func (s syntax) quoted(t string) int {
	for i := 1; i < len(t); i++ {
		switch {
		case t[i] == '\\' && s.escape:
			i++
		case t[i] == t[0]:
			return i + 1
		case t[i] == '\n':
			return i
		}
	}
	return len(t)
}

func isIdent(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c >= 0x80
}

// writeTags colours markup: names, strings and comments.
func writeTags(b *out, code string) {
	i, plain := 0, 0
	emit := func(class string, end int) {
		b.text(code[plain:i])
		b.span(class, code[i:end])
		i, plain = end, end
	}
	inside := false
	for i < len(code) && !b.full() {
		rest := code[i:]
		switch {
		case strings.HasPrefix(rest, "<!--"):
			emit("c", i+through(rest, "-->"))
		case rest[0] == '<' && len(rest) > 1 && (isIdent(rest[1]) || rest[1] == '/' || rest[1] == '!' || rest[1] == '?'):
			n := 2
			for n < len(rest) && (isIdent(rest[n]) || rest[n] == '-' || rest[n] == ':') {
				n++
			}
			emit("k", i+n)
			inside = true
		case rest[0] == '>':
			inside = false
			i++
		case inside && (rest[0] == '"' || rest[0] == '\''):
			n := 1 + through(rest[1:], rest[:1])
			emit("s", i+n)
		default:
			i++
		}
	}
	b.text(code[plain:i])
}
