package teamstest

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// aiMessage is the type of the entity that labels a message as made by AI.
const aiMessage = "https://schema.org/Message"

// invalid says what is wrong with an activity.
func invalid(a map[string]any) string {
	if zero := zeroValue("", a); zero != "" {
		return "zero value: " + zero
	}
	attachments, _ := a["attachments"].([]any)
	text, _ := a["text"].(string)
	switch a["type"] {
	case "message":
		if text == "" && attachments == nil {
			return "a message without text and attachments"
		}
	case "typing":
	default:
		return fmt.Sprintf("type %v", a["type"])
	}
	switch a["textFormat"] {
	case nil, "plain", "markdown", "xml":
	default:
		return fmt.Sprintf("textFormat %v", a["textFormat"])
	}
	for _, it := range attachments {
		if why := badAttachment(it, text); why != "" {
			return why
		}
	}
	entities, _ := a["entities"].([]any)
	return badEntities(entities, text)
}

// What Teams shows as an attachment:
// https://learn.microsoft.com/microsoftteams/platform/task-modules-and-cards/cards/cards-reference
var (
	cardTypes = []string{
		"application/vnd.microsoft.card.adaptive", "application/vnd.microsoft.card.hero", "application/vnd.microsoft.card.thumbnail",
		"application/vnd.microsoft.card.receipt", "application/vnd.microsoft.card.signin", "application/vnd.microsoft.card.oauth",
		"application/vnd.microsoft.teams.card.list", "application/vnd.microsoft.teams.card.o365connector",
	}
	fileTypes  = []string{"application/vnd.microsoft.teams.card.file.consent", "application/vnd.microsoft.teams.card.file.info"}
	imageTypes = []string{"image/png", "image/jpeg", "image/gif"}
)

// badAttachment says what is wrong with an attachment. Files go alone: with a text
// in the same activity Teams makes two messages of it, and names only one.
func badAttachment(it any, text string) string {
	m, _ := it.(map[string]any)
	kind, _ := m["contentType"].(string)
	content, _ := m["content"].(map[string]any)
	switch {
	case slices.Contains(cardTypes, kind):
		if content == nil {
			return "a card without content"
		}
	case slices.Contains(fileTypes, kind):
		if text != "" {
			return "text and a file in one activity"
		}
		if content == nil || m["name"] == nil {
			return "a file card without content or name"
		}
	case slices.Contains(imageTypes, kind):
		if u, _ := m["contentUrl"].(string); !strings.HasPrefix(u, "https://") && !strings.HasPrefix(u, "data:image/") {
			return "an image without a contentUrl"
		}
	default:
		return fmt.Sprintf("contentType %q", kind)
	}
	return ""
}

// badEntities says what is wrong with the entities of an activity. The errors about
// AI are those of
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/format-ai-bot-messages
func badEntities(entities []any, text string) string {
	roots := 0
	for _, it := range entities {
		e, _ := it.(map[string]any)
		switch e["type"] {
		case aiMessage:
			if roots++; roots > 1 {
				return "Multiple root message entities found in the bot activity."
			}
			if why := badAI(e, text); why != "" {
				return why
			}
		case "mention":
			who, _ := e["mentioned"].(map[string]any)
			if said, _ := e["text"].(string); who["id"] == nil || !strings.HasPrefix(said, "<at>") || !strings.Contains(text, said) {
				return "a mention that does not stand in the text"
			}
		case nil:
			return "an entity without a type"
		}
	}
	return ""
}

func badAI(e map[string]any, text string) string {
	if e["@type"] != "Message" || e["@context"] != "https://schema.org" {
		return "Error parsing message entity from activity object."
	}
	citations, _ := e["citation"].([]any)
	if len(citations) > 20 {
		return fmt.Sprintf("Bot message contains %d citations. Max count is 20.", len(citations))
	}
	seen := map[float64]bool{}
	for _, it := range citations {
		claim, _ := it.(map[string]any)
		n, _ := claim["position"].(float64)
		look, _ := claim["appearance"].(map[string]any)
		name, _ := look["name"].(string)
		abstract, _ := look["abstract"].(string)
		link, hasLink := look["url"].(string)
		switch {
		case claim["@type"] != "Claim" || n < 1 || n != math.Trunc(n) || seen[n]:
			return fmt.Sprintf("Error while parsing citation entity with id: %v.", claim["position"])
		case look["@type"] != "DigitalDocument" || name == "" || abstract == "":
			return "Provided claim has empty appearance."
		case len([]rune(name)) > 80 || len([]rune(abstract)) > 160:
			return "a citation with a name over 80 characters, or an abstract over 160"
		case hasLink && !strings.HasPrefix(link, "https://"):
			return "a citation whose url is not of https"
		case !strings.Contains(text, fmt.Sprintf("[%d]", int(n))):
			return fmt.Sprintf("citation %d does not stand in the text", int(n))
		}
		seen[n] = true
	}
	return ""
}

// zeroValue names a field without content: "suggestedActions":{} and its like are
// taken by the service and not shown by the clients. "@id" is empty in Microsoft's own
// examples of AI labels.
func zeroValue(path string, v any) string {
	switch v := v.(type) {
	case nil:
		return path
	case string:
		if v == "" && !strings.HasSuffix(path, "/@id") {
			return path
		}
	case map[string]any:
		if len(v) == 0 {
			return path
		}
		for key, value := range v {
			if zero := zeroValue(path+"/"+key, value); zero != "" {
				return zero
			}
		}
	case []any:
		if len(v) == 0 {
			return path
		}
		for i, value := range v {
			if zero := zeroValue(fmt.Sprintf("%s/%d", path, i), value); zero != "" {
				return zero
			}
		}
	}
	return ""
}

// streams reports whether an activity is part of a stream.
func streams(a map[string]any) bool {
	entities, _ := a["entities"].([]any)
	return slices.ContainsFunc(entities, func(it any) bool {
		e, _ := it.(map[string]any)
		return e["type"] == "streaminfo"
	})
}

// contradicts says in what an activity contradicts where it was sent: the
// conversation, who sends it, who is in it, what it answers or replaces.
func (v *Conversation) contradicts(a map[string]any, conversation, reply, replaces string) string {
	id := func(field string) string {
		m, _ := a[field].(map[string]any)
		s, _ := m["id"].(string)
		return s
	}
	if from := id("from"); from != "" && from != BotID {
		return "from is not the bot"
	}
	if said := id("conversation"); said != "" && said != conversation {
		return "conversation is not that of the path"
	}
	if to := id("recipient"); to != "" && !slices.ContainsFunc(v.Members, func(p *Person) bool { return p.ID == to }) {
		return "recipient is not in the conversation"
	}
	said, _ := a["replyToId"].(string)
	if said != "" && reply != "" && said != reply {
		return "replyToId is not that of the path"
	}
	if a["id"] != nil && a["id"] != replaces && !streams(a) {
		return "the bot does not name activities"
	}
	return ""
}
