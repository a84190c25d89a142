package guardrails

import (
	"slices"
	"strings"
)

// elisions are the words that lose their vowel before an apostrophe (French,
// Italian, Catalan); the apostrophe parts them from the next word. Any other
// apostrophe joins, as in "can't".
var elisions = map[string]bool{
	"l": true, "d": true, "j": true, "m": true, "t": true, "s": true, "c": true, "n": true, "qu": true,
	"jusqu": true, "lorsqu": true, "puisqu": true, "quelqu": true, "un": true, "dell": true, "all": true, "nell": true,
	"dall": true, "sull": true, "quell": true, "quest": true, "dov": true, "cos": true, "com": true, "v": true, "dev": true,
}

// special are the letters that decomposition leaves alone, and the Arabic and
// Persian letters that are written one for another.
var special = map[rune]string{
	'ß': "ss", 'ẞ': "ss", 'æ': "ae", 'Æ': "ae", 'œ': "oe", 'Œ': "oe", 'ø': "o", 'Ø': "o", 'đ': "d", 'Đ': "d",
	'ł': "l", 'Ł': "l", 'ı': "i", 'İ': "i", 'ħ': "h", 'Ħ': "h", 'ŧ': "t", 'Ŧ': "t", 'ŋ': "n", 'Ŋ': "n", 'þ': "th",
	'Þ': "th", 'ð': "d", 'Ð': "d", 'ə': "e", 'Ə': "e", 'ɑ': "a", 'ɡ': "g", 'ɪ': "i", 'ʀ': "r", 'ʟ': "l", 'ɴ': "n",
	'ʏ': "y", 'ɢ': "g", 'ʙ': "b", 'ʜ': "h", 'ᴀ': "a", 'ᴄ': "c", 'ᴅ': "d", 'ᴇ': "e", 'ᴊ': "j", 'ᴋ': "k", 'ᴍ': "m",
	'ᴏ': "o", 'ᴘ': "p", 'ᴛ': "t", 'ᴜ': "u", 'ᴠ': "v", 'ᴡ': "w", 'ᴢ': "z", 'ꜱ': "s", 'ƒ': "f", 'ʋ': "v", 'ⲟ': "o",
	// small and borrowed letters that adverts dress up in
	'ᴧ': "л", 'ᴨ': "п", 'ɜ': "з", 'ʍ': "м", 'ɸ': "ф", 'ɯ': "ш", 'ᴩ': "р", 'ᴦ': "г", 'ᴫ': "л", 'ᴎ': "и", 'ᴙ': "я",
	'Ꭺ': "a", 'Ᏼ': "b", 'Ꮯ': "c", 'Ꭰ': "d", 'Ꭼ': "e", 'Ꮐ': "g", 'Ꮋ': "h", 'Ꮖ': "i", 'Ꭻ': "j", 'Ꮶ': "k", 'Ꮮ': "l", 'Ꮇ': "m", 'Ꮲ': "p", 'Ꮢ': "r", 'Ꮪ': "s", 'Ꭲ': "t", 'Ꮩ': "v", 'Ꮃ': "w", 'Ꭹ': "y", 'Ꮓ': "z", 'Ꮻ': "o",
	'ё': "е", 'Ё': "е", 'ґ': "г", 'Ґ': "г", 'ς': "σ",
	'أ': "ا", 'إ': "ا", 'آ': "ا", 'ٱ': "ا", 'ى': "ي", 'ة': "ه", 'ؤ': "و", 'ئ': "ي", 'ء': "", 'ک': "ك", 'ی': "ي",
	'ۀ': "ه", 'ہ': "ه", 'ھ': "ه", 'ے': "ي", 'گ': "گ",
}

// toLatin are the Cyrillic, Greek and Armenian letters that look like Latin ones
// (Unicode TR39 confusables, lower case, the common part).
var toLatin = map[rune]rune{
	'а': 'a', 'с': 'c', 'е': 'e', 'о': 'o', 'р': 'p', 'х': 'x', 'у': 'y', 'і': 'i', 'ј': 'j', 'ѕ': 's', 'һ': 'h',
	'ԁ': 'd', 'ԛ': 'q', 'ԝ': 'w', 'в': 'b', 'н': 'h', 'к': 'k', 'м': 'm', 'т': 't', 'г': 'r', 'п': 'n', 'и': 'u',
	'ӏ': 'l', 'ь': 'b', 'з': '3', 'ч': '4', 'б': '6',
	'α': 'a', 'ο': 'o', 'ρ': 'p', 'ν': 'v', 'υ': 'u', 'ι': 'i', 'κ': 'k', 'τ': 't', 'χ': 'x', 'γ': 'y', 'η': 'n',
	'ε': 'e', 'σ': 'o', 'ω': 'w', 'β': 'b', 'μ': 'u', 'ζ': 'z', 'π': 'n',
	'օ': 'o', 'ս': 'u', 'հ': 'h', 'ց': 'g', 'ո': 'n', 'ք': 'p',
}

// toCyrillic is the other way round, for Latin letters planted in Cyrillic words.
var toCyrillic = map[rune]rune{
	'a': 'а', 'c': 'с', 'e': 'е', 'o': 'о', 'p': 'р', 'x': 'х', 'y': 'у', 'i': 'і', 'k': 'к', 'm': 'м', 't': 'т',
	'b': 'в', 'h': 'н', 'r': 'г', 'n': 'п', 'u': 'и', '3': 'з', '0': 'о', '4': 'ч', '6': 'б',
	'α': 'а', 'ο': 'о', 'ρ': 'р', 'ε': 'е', 'κ': 'к', 'χ': 'х', 'υ': 'у', 'τ': 'т',
}

// leet undoes digits and signs that stand for letters; leetL reads 1 as l.
var (
	leet    = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "9", "g", "@", "a", "$", "s", "!", "i", "|", "l")
	leetL   = strings.NewReplacer("0", "o", "1", "l", "3", "e", "4", "a", "5", "s", "7", "t", "8", "b", "9", "g", "@", "a", "$", "s", "!", "l", "|", "i")
	umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")
)

// emoji are the pictures that say something the rules listen for.
var emoji = map[rune]string{
	'🆘': "sos", '🚑': "ambulance", '🩸': "blood", '💀': "skull", '🔪': "knife", '🔫': "gun", '💊': "pill",
	'😢': "sad", '😭': "crying", '😡': "angry", '🤬': "angry", '😠': "angry", '😱': "scared", '🤖': "robot",
	'👋': "hello", '🙏': "please", '👍': "thumbsup", '😂': "lol", '🤣': "lol", '😅': "lol", '❤': "heartemoji",
	'💔': "brokenheart", '🔥': "fire", '💰': "money", '💵': "money", '💸': "money", '🎁': "gift", '🎉': "party",
	'🏆': "trophy", '👉': "pointer", '✅': "check", '🤑': "money", '💲': "money", '📈': "chart", '🚀': "rocket",
}

// sounds of Cyrillic letters in Latin ones, before [skeleton] evens them out.
var sounds = map[rune]string{
	'а': "a", 'б': "b", 'в': "v", 'г': "g", 'д': "d", 'е': "e", 'ж': "zh", 'з': "z", 'и': "i", 'і': "i", 'ї': "i", 'є': "e",
	'к': "k", 'л': "l", 'м': "m", 'н': "n", 'о': "o", 'п': "p", 'р': "r", 'с': "s", 'т': "t", 'у': "u", 'ф': "f", 'х': "h",
	'ц': "c", 'ч': "ch", 'ш': "sh", 'щ': "sh", 'ъ': "", 'ы': "i", 'ь': "", 'э': "e", 'ю': "iu", 'я': "ia", 'ђ': "d", 'ј': "i",
	'љ': "l", 'њ': "n", 'ћ': "c", 'џ': "d",
}

// soundsArabic are the consonants of Arabic in the common chat alphabet; vowels vanish.
var soundsArabic = map[rune]string{
	'ب': "b", 'ت': "t", 'ث': "t", 'ج': "j", 'ح': "7", 'خ': "5", 'د': "d", 'ذ': "z", 'ر': "r", 'ز': "z", 'س': "s", 'ش': "sh",
	'ص': "s", 'ض': "d", 'ط': "t", 'ظ': "z", 'ع': "3", 'غ': "g", 'ف': "f", 'ق': "k", 'ك': "k", 'ل': "l", 'م': "m", 'ن': "n", 'ه': "h",
}

var (
	evenRussian = strings.NewReplacer("shch", "sh", "sch", "sh", "kh", "h", "zh", "z", "ts", "c", "tz", "c", "ye", "e", "yo", "e",
		"jo", "e", "je", "e", "y", "i", "j", "i", "w", "v", "x", "h", "'", "")
	evenArabic = strings.NewReplacer("kh", "5", "7'", "5", "gh", "g", "sh", "$", "ch", "$", "th", "t", "dh", "d", "ou", "", "a", "", "e", "", "i", "", "o", "", "u", "",
		"w", "", "y", "", "2", "", "8", "k", "q", "k", "9", "k", "6", "t", "'", "")
)

// skeleton evens out the many ways of writing Russian in Latin letters.
func skeleton(latin string) string {
	return squeeze(evenRussian.Replace(latin))
}

// skeletonOfCyrillic returns what [skeleton] gives for the same word typed in Latin letters.
func skeletonOfCyrillic(s string) string {
	var b strings.Builder
	for _, r := range s {
		to, ok := sounds[r]
		if !ok {
			return ""
		}
		b.WriteString(to)
	}
	return skeleton(b.String())
}

// skeletonArabizi returns the consonants of an Arabic word typed in Latin letters
// and digits. A last h is the ending that is mostly left out.
func skeletonArabizi(latin string) string {
	if len(latin) > 3 {
		latin = strings.TrimSuffix(latin, "h")
	}
	return squeeze(strings.ReplaceAll(evenArabic.Replace(latin), "h", "7"))
}

// skeletonsArabizi returns the consonants that a word may have: 2 is a glottal stop,
// or the q that Egypt and the Levant leave out, and g is the j of Egypt.
func skeletonsArabizi(latin string) []string {
	var out []string
	for _, as := range []string{latin, strings.ReplaceAll(latin, "2", "q"), strings.ReplaceAll(latin, "g", "j")} {
		if s := skeletonArabizi(as); len(s) > 1 && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// skeletonOfArabic returns what [skeletonArabizi] gives for the same word typed in Latin letters.
func skeletonOfArabic(s string) string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(soundsArabic[r])
	}
	return skeletonArabizi(b.String())
}

// fillers are the sounds of thinking, folded.
var fillers = map[string]bool{
	"um": true, "uh": true, "uhm": true, "erm": true, "hmm": true, "euh": true, "heu": true, "ehm": true, "ahm": true, "aehm": true, "ah": true,
	"eh": true, "yyy": true, "eee": true, "э": true, "эм": true, "ээ": true, "эээ": true, "يعني": true, "sey": true, "hum": true, "mmm": true,
}

// shorthand are the short ways of writing small words on a phone, with what they
// may stand for; the word as it is written counts too.
var shorthand = map[string][]string{
	"u": {"you", "und"}, "ur": {"your"}, "r": {"are"}, "cuz": {"because"}, "coz": {"because"}, "hv": {"have"}, "wnt": {"want"}, "wanna": {"want"}, "gonna": {"going"},
	"pls": {"please"}, "plz": {"please"}, "sb": {"somebody"}, "ppl": {"people"}, "dnt": {"dont"}, "cnt": {"cant"}, "im": {"i"},
	"pa": {"pas"}, "j": {"je"}, "ke": {"que", "che"}, "k": {"que", "che"}, "q": {"que"}, "kelk": {"quelque"}, "ac": {"avec"}, "ds": {"dans"}, "ms": {"mais"}, "tt": {"tout"}, "bcp": {"beaucoup"}, "jsui": {"suis"}, "chui": {"suis"}, "chuis": {"suis"}, "jveu": {"veux"}, "jveux": {"veux"}, "jpeu": {"peux"}, "jpeux": {"peux"},
	"n": {"nao", "non"}, "nn": {"non"}, "x": {"per", "por"}, "xke": {"perche"}, "xq": {"porque"}, "cmq": {"comunque"}, "sn": {"sono"}, "tb": {"tambien"}, "toy": {"estoy"}, "ta": {"esta"}, "to": {"estou"}, "vc": {"voce"}, "vcs": {"voces"},
	"nich": {"nicht"}, "nix": {"nichts"}, "is": {"ist"}, "hab": {"habe"}, "ned": {"nicht"}, "net": {"nicht"}, "ka": {"keine"}, "iwie": {"irgendwie"},
	"че": {"что"}, "чо": {"что"}, "щас": {"сейчас"}, "ща": {"сейчас"}, "чел": {"человек"}, "пж": {"пожалуйста"}, "оч": {"очень"}, "норм": {"нормально"}, "бл": {"больно"},
	"bi": {"bir"}, "dil": {"degil"}, "yok": {"yok"}, "jst": {"jest"}, "nwm": {"nie wiem"},
}
