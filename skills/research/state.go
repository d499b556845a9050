package research

import (
	"fmt"

	"amtsbote/bots"
)

// maxUnread is how many files that could not be read are named.
const maxUnread = 20

// state answers !wissen: which collections there are, of which date, and what is not
// in them.
func (q *search) state() bots.Answer {
	if len(q.cols) == 0 && len(q.direct) == 0 {
		return bots.Answer{Text: textNoCollections, Notice: bots.Notice{Plain: true}}
	}
	out := bots.Text{DE: "**Sammlungen**", EN: "**Collections**"}
	for _, c := range q.cols {
		st := c.State()
		t := brief(st, q.t)
		add := func(de, en string) { t.DE, t.EN = t.DE+de, t.EN+en }
		if st.Description != "" {
			d := bots.Literal(st.Description)
			add(": "+d, ": "+d)
		}
		if st.Vectors != "" {
			v := bots.Literal(st.Vectors)
			add(fmt.Sprintf("\n  - Gesucht wird auch nach dem Sinn; Ihre Frage sieht dazu das Modell %s", v), fmt.Sprintf("\n  - Search goes by meaning too; your question is seen for that by the model %s", v))
		}
		for _, u := range st.Unread[:min(len(st.Unread), maxUnread)] {
			de, en := "nicht gelesen", "not read"
			if u.Part {
				de, en = "nur zum Teil gelesen", "read only in part"
			}
			add(fmt.Sprintf("\n  - %s: %s (%s)", bots.Literal(u.File), de, u.Reason.DE), fmt.Sprintf("\n  - %s: %s (%s)", bots.Literal(u.File), en, u.Reason.EN))
		}
		if n := len(st.Unread) - maxUnread; n > 0 {
			add(fmt.Sprintf("\n  - und %d weitere", n), fmt.Sprintf("\n  - and %d more", n))
		}
		out.DE, out.EN = out.DE+"\n- "+t.DE, out.EN+"\n- "+t.EN
	}
	if len(q.direct) > 0 {
		out.DE += "\n- Nur im Direktchat: " + names(q.direct)
		out.EN += "\n- Only in a direct chat: " + names(q.direct)
	}
	return bots.Answer{Text: out, Notice: bots.Notice{Plain: true}}
}
