package document

import (
	"encoding/binary"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"
)

// tnef writes a stream of attributes.
func tnef(attributes ...string) string {
	return "\x78\x9f\x3e\x22\x01\x00" + strings.Join(attributes, "")
}

// attribute writes one, with its sum. level is 1 for the message, 2 for files.
func attribute(level byte, id uint32, value string) string {
	b := binary.LittleEndian.AppendUint32([]byte{level}, id)
	b = append(binary.LittleEndian.AppendUint32(b, uint32(len(value))), value...)
	sum := uint16(0)
	for i := range len(value) {
		sum += uint16(value[i])
	}
	return string(binary.LittleEndian.AppendUint16(b, sum))
}

// tnefList writes properties as TNEF has them, with a named one and a list among
// them that are to be skipped.
func tnefList(props ...msgProp) string {
	u32 := func(n int) string { return string(binary.LittleEndian.AppendUint32(nil, uint32(n))) }
	pad := func(s string) string { return s + strings.Repeat("\x00", (4-len(s)%4)%4) }
	name := "N\x00a\x00m\x00e\x00\x00\x00"
	out := u32(len(props)+2) +
		"\x1f\x00\x01\x80" + strings.Repeat("g", 16) + u32(1) + u32(len(name)) + pad(name) + u32(1) + u32(6) + pad("x\x00y\x00\x00\x00") +
		"\x03\x10\x02\x80" + strings.Repeat("g", 16) + u32(0) + u32(4711) + u32(2) + u32(1) + u32(2)
	for _, p := range props {
		out += string(binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, p.kind), p.id))
		switch p.kind {
		case mapiText8, mapiText16, mapiBinary, mapiObject:
			data := string(p.data)
			if p.kind == mapiText16 {
				data += "\x00\x00"
			}
			out += u32(1) + u32(len(data)) + pad(data)
		default:
			out += pad(string(p.data))
		}
	}
	return out
}

// tnefFile writes an attachment: its short name, its content, and what Outlook
// knows of it besides.
func tnefFile(short, content string, props ...msgProp) string {
	s := attribute(2, tnefRender, strings.Repeat("\x00", 14)) + attribute(2, tnefTitle, short+"\x00")
	if content != "" {
		s += attribute(2, tnefData, content)
	}
	if len(props) > 0 {
		s += attribute(2, tnefAttachment, tnefList(props...))
	}
	return s
}

// winmail is a whole one.
func winmail() string {
	return tnef(
		attribute(1, 0x00089006, "\x00\x00\x01\x00"), attribute(1, tnefCodePage, "\xe4\x04\x00\x00\x00\x00\x00\x00"), attribute(1, tnefClass, "IPM.Microsoft Mail.Note\x00"),
		attribute(1, tnefSubject, "Gr\xfc\xdfe\x00"), attribute(1, tnefSent, "\xea\x07\x0b\x00\x14\x00\x11\x00\x2a\x00\x0b\x00\x05\x00"),
		attribute(1, tnefProps, tnefList(blob(pidRTF, packRTF(`{\rtf1\ansi\ansicpg1252\fromhtml1 {\*\htmltag64 <p>}Geb\'fchr}`)))),
		tnefFile("BESCHE~1.TXT", "Inhalt", wide16(pidAttachLong, "Bescheid vom 5. Dezember – Gebühr.txt")),
		tnefFile("zwei.txt", "noch einer"),
	)
}

func TestTNEF(t *testing.T) {
	inner := tnef(attribute(1, tnefProps, tnefList(wide16(pidSubject, "Antrag"), wide16(pidFromName, "Jana Wieczorek"), wide16(pidFromSMTP, "jana@x.example"), wide16(pidBody, "Guten Tag"))), tnefFile("a.txt", "Anlage"))
	d, err := parse(t, Limits{}, "winmail.dat", []byte(winmail()+strings.TrimPrefix(tnef(tnefFile("Antrag", "", long32(pidAttachMethod, attachMessage), msgProp{pidAttachData, mapiObject, []byte(strings.Repeat("i", 16) + inner)})), tnef())))
	if err != nil {
		t.Fatal(err)
	}
	if d.Type != typeTNEF || d.Mail == nil || d.Mail.Subject != "Grüße" || !d.Mail.Date.Equal(time.Date(2026, 11, 20, 17, 42, 11, 0, time.UTC)) || d.Text() != "Gebühr" {
		t.Errorf("%s, %+v, %q", d.Type, d.Mail, d.Text())
	}
	want := "Bescheid vom 5. Dezember – Gebühr.txt: Inhalt\nzwei.txt: noch einer\nAntrag.msg: Guten Tag\n  a.txt: Anlage"
	if got := listParts(d, ""); got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if m := d.Parts[2].Doc.Mail; m.Subject != "Antrag" || !reflect.DeepEqual(m.From, []Address{{"Jana Wieczorek", "jana@x.example"}}) {
		t.Errorf("the mail inside: %+v", m)
	}
}

func TestTNEFRecipients(t *testing.T) {
	row := func(kind uint32, name string) string {
		return tnefList(long32(pidRecipientType, kind), ansi(pidName, name+"\x00"), ansi(pidSMTP, strings.ToLower(name)+"@x.example\x00"))
	}
	d, err := parse(t, Limits{}, "x", []byte(tnef(attribute(1, tnefCodePage, "\xe3\x04\x00\x00\x00\x00\x00\x00"), attribute(1, tnefSubject, "\xcf\xf0\xe8\x00"), attribute(1, tnefRecipients, "\x02\x00\x00\x00"+row(1, "Anna")+row(2, "Ben")))))
	if err != nil || d.Mail.Subject != "При" || !reflect.DeepEqual(d.Mail.To, []Address{{"Anna", "anna@x.example"}}) || !reflect.DeepEqual(d.Mail.Cc, []Address{{"Ben", "ben@x.example"}}) {
		t.Errorf("%+v, %v", d.Mail, err)
	}
}

// TestWinmail: what is packed into winmail.dat counts as lying in the mail.
func TestWinmail(t *testing.T) {
	part := func(data string) string {
		return "Content-Type: application/ms-tnef; name=\"winmail.dat\"\nContent-Transfer-Encoding: base64\n\n" + base64Lines([]byte(data))
	}
	named := strings.Replace(part(winmail()), "application/ms-tnef", "application/octet-stream", 1)
	for name, c := range map[string]struct{ in, text, parts string }{
		"beside a text":        {multi("mixed", "Content-Type: text/plain\n\nHallo", part(winmail())), "Hallo", "Bescheid vom 5. Dezember – Gebühr.txt: Inhalt\nzwei.txt: noch einer"},
		"beside no text":       {multi("mixed", "Content-Type: text/plain\n\n \n", part(winmail())), "Gebühr", "Bescheid vom 5. Dezember – Gebühr.txt: Inhalt\nzwei.txt: noch einer"},
		"alone":                {part(winmail()), "Gebühr", "Bescheid vom 5. Dezember – Gebühr.txt: Inhalt\nzwei.txt: noch einer"},
		"by its name only":     {multi("mixed", "Content-Type: text/plain\n\nHallo", named), "Hallo", "Bescheid vom 5. Dezember – Gebühr.txt: Inhalt\nzwei.txt: noch einer"},
		"cut off in the files": {multi("mixed", "Content-Type: text/plain\n\nHallo", part(winmail()[:len(winmail())-5])), "Hallo", "Bescheid vom 5. Dezember – Gebühr.txt: Inhalt\nzwei.txt: damaged"},
		"without files":        {multi("mixed", "Content-Type: text/plain\n\nHallo", part(tnef(attribute(1, tnefSubject, "x\x00")))), "Hallo", ""},
		"damaged":              {multi("mixed", "Content-Type: text/plain\n\nHallo", part(winmail()[:45])), "Hallo", "winmail.dat: damaged"},
		"none":                 {multi("mixed", "Content-Type: text/plain\n\nHallo", part("\x00\x01\x02nothing of the kind")), "Hallo", "winmail.dat: unsupported"},
	} {
		t.Run(name, func(t *testing.T) {
			d := letter(t, c.in)
			if got := listParts(d, ""); d.Text() != c.text || got != c.parts {
				t.Errorf("got %q, %q\nwant %q, %q", d.Text(), got, c.text, c.parts)
			}
			if cut := name == "cut off in the files"; cut != d.Partial {
				t.Errorf("partial %v: %s", d.Partial, warned(d))
			}
		})
	}
}

func TestHostileTNEF(t *testing.T) {
	u32 := func(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }
	nested := tnef(attribute(1, tnefSubject, "x\x00"))
	for range 40 {
		nested = tnef(attribute(1, tnefSubject, "x\x00"), tnefFile("x", "", long32(pidAttachMethod, attachMessage), msgProp{pidAttachData, mapiObject, []byte(strings.Repeat("i", 16) + nested)}))
	}
	var many strings.Builder
	for i := range 5000 {
		many.WriteString(tnefFile(fmt.Sprint(i), "x"))
	}
	for name, c := range map[string]struct {
		data string
		want Code // of the file, or of the last part that there is
	}{
		"a size beyond the end":  {tnef("\x01" + u32(tnefSubject) + u32(0xffffffff) + "abc"), Damaged},
		"two billion properties": {tnef(attribute(1, tnefProps, u32(2_000_000_000))), Damaged},
		"a list of two billion":  {tnef(attribute(1, tnefProps, u32(1)+"\x03\x10\x01\x00"+u32(2_000_000_000))), Damaged},
		"many empty properties":  {tnef(attribute(1, tnefProps, u32(1<<30)+strings.Repeat("\x1f\x00\x01\x00"+u32(0), 100_000))), TooBig},
		"a text of two billion":  {tnef(attribute(1, tnefProps, u32(1)+"\x1f\x00\x01\x00"+u32(1)+u32(0xfffffffe))), Damaged},
		"two billion texts":      {tnef(attribute(1, tnefProps, u32(1)+"\x1f\x00\x01\x00"+u32(0x7fffffff))), Damaged},
		"messages 40 deep":       {nested, TooDeep},
		"5,000 files":            {tnef(many.String()), TooBig},
		"nothing but its mark":   {tnef(), NoText},
		"a file before its head": {tnef(attribute(2, tnefData, "x")), NoText},
		"many recipients":        {tnef(attribute(1, tnefRecipients, u32(0xffffffff)+strings.Repeat(u32(0), 50_000))), NoText},
	} {
		start := time.Now()
		d, err := parse(t, Limits{}, "winmail.dat", []byte(c.data))
		checkRead(t, d, err)
		if took := time.Since(start); took > 10*time.Second {
			t.Errorf("%s: took %s", name, took)
		}
		var got Code
		if u, ok := err.(*Unreadable); ok {
			got = u.Code
		}
		for len(d.Parts) > 0 {
			last := d.Parts[len(d.Parts)-1]
			if last.Reason != nil {
				got = last.Reason.Code
				break
			}
			d = *last.Doc
		}
		if got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}

func FuzzTNEF(f *testing.F) {
	f.Add([]byte(strings.TrimPrefix(winmail(), tnef())))
	f.Fuzz(func(t *testing.T, data []byte) {
		d, err := parse(t, Limits{}, "winmail.dat", append([]byte(tnef()), data...))
		checkRead(t, d, err)
	})
}
