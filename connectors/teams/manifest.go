package teams

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"

	"github.com/google/uuid"

	"amtsbote/bots"
)

// An App is what an app package says beside the configuration.
type App struct {
	Version string      // of the program, such as 1.2.3; what is not of this form counts as 1.0.0
	Address string      // where Microsoft reaches the daemon, such as https://bote.stadt.example; may be empty
	Skills  []bots.Info // whose commands clients propose
}

// A Package is an app for Teams, to be uploaded in the Teams admin center.
type Package struct {
	ID, Name, Version string
	Endpoint          string // the messaging endpoint for the Azure Bot; empty: the address is not known
	Zip               []byte // manifest.json, en.json and two icons; the same input makes the same bytes
}

// Package makes the app package of a valid configuration. Its ID follows from
// app_id, so that a second package updates the first. The error says which key lacks.
func (c Config) Package(app App) (Package, error) {
	c = c.filled()
	p := Package{ID: appID(c.AppID), Name: atMost(maxShortName, c.Profile.Name), Version: appVersion(app.Version)}
	var errs []error
	for _, f := range []struct{ key, value, what string }{
		{"website", c.Website, "the authority's page about the bot, or its own"}, {"privacy", c.Privacy, "its privacy statement"}} {
		if f.value == "" {
			errs = append(errs, fmt.Errorf("%s: missing; Teams wants %s in every package, an https address", f.key, f.what))
		}
	}
	host := ""
	if app.Address != "" {
		u, err := url.Parse(app.Address)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			errs = append(errs, fmt.Errorf("address: %q is not an https address, such as https://bote.stadt.example", app.Address))
		} else {
			host, p.Endpoint = u.Hostname(), strings.TrimSuffix(app.Address, "/")+"/"+c.Name+"/messages"
		}
	}
	if err := errors.Join(errs...); err != nil {
		return Package{}, err
	}
	m := c.manifest(p, host, app.Skills)
	var err error
	p.Zip, err = packApp(m, m.english(c, app.Skills))
	return p, err
}

// The version of the schema. All that the bot needs is in each from 1.19 on, and
// older versions stay valid; a test has Microsoft's own package validate against this
// one and the newest that it has. Not declared is supportsChannelFeatures (1.25):
// private and shared channels, which have members of their own and, if shared, of
// other tenants, have never been tried.
const (
	schemaVersion = "1.22"
	schemaURL     = "https://developer.microsoft.com/json-schemas/teams/v" + schemaVersion + "/"
	accent        = "#0B4A8F"
)

// Limits of Microsoft's, in UTF-16 units, which count at least as much as the
// characters of the schema. Of those for commands the schema has higher ones:
// https://learn.microsoft.com/microsoftteams/platform/bots/how-to/create-a-bot-commands-menu
const (
	maxShortName   = 30
	maxDeveloper   = 32
	maxFullName    = 100
	maxFull        = 4000
	maxCommands    = 10
	maxTitle       = 32
	maxDescription = 128
)

// manifest is manifest.json:
// https://learn.microsoft.com/microsoftteams/platform/resources/schema/manifest-schema
type manifest struct {
	Schema       string           `json:"$schema"`
	Manifest     string           `json:"manifestVersion"`
	Version      string           `json:"version"`
	ID           string           `json:"id"`
	Localization appLanguages     `json:"localizationInfo"`
	Developer    appDeveloper     `json:"developer"`
	Name         appText          `json:"name"`
	Description  appText          `json:"description"`
	Icons        appIcons         `json:"icons"`
	Accent       string           `json:"accentColor"`
	Bots         []manifestBot    `json:"bots"`
	Domains      []string         `json:"validDomains,omitempty"`
	WebApp       *appRegistration `json:"webApplicationInfo,omitempty"`
	Authorize    *appGrants       `json:"authorization,omitempty"`
	Install      string           `json:"defaultInstallScope"`
}

type (
	appLanguages struct {
		Default string        `json:"defaultLanguageTag"`
		Others  []appLanguage `json:"additionalLanguages"`
	}
	appLanguage struct {
		Tag  string `json:"languageTag"`
		File string `json:"file"`
	}
	appDeveloper struct {
		Name    string `json:"name"`
		Website string `json:"websiteUrl"`
		Privacy string `json:"privacyUrl"`
		Terms   string `json:"termsOfUseUrl"`
	}
	appText struct {
		Short string `json:"short"`
		Full  string `json:"full"`
	}
	appIcons struct {
		Outline string `json:"outline"`
		Color   string `json:"color"`
	}
	manifestBot struct {
		ID     string           `json:"botId"`
		Scopes []string         `json:"scopes"`
		Files  bool             `json:"supportsFiles"` // in personal chats, where else there are none
		Lists  []appCommandList `json:"commandLists"`
	}
	appCommandList struct {
		Scopes   []string     `json:"scopes"`
		Commands []appCommand `json:"commands"`
	}
	appCommand struct {
		Title       string `json:"title"`
		Description string `json:"description"`
	}
	appRegistration struct {
		ID       string `json:"id"`
		Resource string `json:"resource"`
	}
	appGrants struct {
		Permissions struct {
			Specific []appPermission `json:"resourceSpecific"`
		} `json:"permissions"`
	}
	appPermission struct {
		Name string `json:"name"`
		Type string `json:"type"`
	}
)

// appPermissions are those that an owner of a team, or a member of a group chat,
// grants by adding the app: to read its messages, by Graph, when somebody asks what was
// missed, and since when a member of a chat may read it. That the first two also have
// Teams deliver every message is no wish of ours (the receiver drops what does not
// mention the bot). No more is needed: who is in a channel, and what team and channel
// are called, says Bot Connector. For files in channels there is no
// permission of this kind; an administrator consents to that one (graph.go).
var appPermissions = []appPermission{
	{"ChannelMessage.Read.Group", "Application"},
	{"ChatMessage.Read.Chat", "Application"},
	{"ChatMember.Read.Chat", "Application"},
}

func (c Config) manifest(p Package, host string, skills []bots.Info) manifest {
	m := manifest{
		Schema: schemaURL + "MicrosoftTeams.schema.json", Manifest: schemaVersion, Version: p.Version, ID: p.ID,
		Localization: appLanguages{"de", []appLanguage{{"en", "en.json"}}},
		Developer:    appDeveloper{atMost(maxDeveloper, cmp.Or(c.Profile.Authority, c.Profile.Name)), c.Website, c.Privacy, cmp.Or(c.Terms, c.Website)},
		Name:         c.appName("de"), Description: c.description("de"),
		Icons: appIcons{"outline.png", "color.png"}, Accent: accent, Install: "personal",
		Bots: []manifestBot{{c.AppID, []string{"personal", "team", "groupChat"}, true, c.commands("de", skills)}},
	}
	if host != "" {
		m.Domains = []string{host}
	}
	if c.Graph {
		// The resource means nothing here, but without one the consent fails:
		// https://learn.microsoft.com/microsoftteams/platform/graph-api/rsc/grant-resource-specific-consent
		m.WebApp, m.Authorize = &appRegistration{c.AppID, "https://RscBasedStoreApp"}, &appGrants{}
		m.Authorize.Permissions.Specific = appPermissions
	}
	return m
}

// english returns en.json: what clients in other languages than German show.
func (m manifest) english(c Config, skills []bots.Info) map[string]string {
	name, d := c.appName("en"), c.description("en")
	en := map[string]string{"$schema": schemaURL + "MicrosoftTeams.Localization.schema.json",
		"name.short": name.Short, "name.full": name.Full, "description.short": d.Short, "description.full": d.Full}
	for i, l := range c.commands("en", skills) {
		for j, cmd := range l.Commands {
			key := fmt.Sprintf("bots[0].commandLists[%d].commands[%d].", i, j)
			en[key+"title"], en[key+"description"] = cmd.Title, cmd.Description
		}
	}
	return en
}

var textAppOf = bots.Text{DE: "Textassistent der Verwaltung", EN: "text assistant of the administration"}

func (c Config) appName(lang string) appText {
	of := cmp.Or(c.Profile.Authority, textAppOf.In(lang))
	return appText{atMost(maxShortName, c.Profile.Name), atMost(maxFullName, c.Profile.Name+" – "+of)} // the two must differ
}

var (
	textAppShort = bots.Text{
		DE: "Fasst zusammen, entwirft und sucht. Sie prüfen und entscheiden.",
		EN: "Sums up, drafts and searches. You check and decide."}
	textAppFull = bots.Text{
		DE: "%s ist ein Programm, kein Mensch. Schreiben Sie ihm im direkten Chat, oder erwähnen Sie es in einem Gruppenchat oder Kanal: Es liest Dateien, fasst zusammen, " +
			"formuliert, entwirft Antworten und sagt, woher eine Angabe stammt.\n\nSie prüfen, Sie entscheiden, Sie senden. An Bürgerinnen und Bürger schickt es nichts. " +
			"Es kann sich irren: Bitte prüfen Sie vor allem Fristen, Beträge und Namen.\n\nMit „!hilfe“ sehen Sie, was es kann, mit „!info“, welches Modell wo rechnet " +
			"und wie lange etwas aufbewahrt wird; „!löschen“ löscht ein Gespräch.",
		EN: "%s is a program, not a person. Write to it in a direct chat, or mention it in a group chat or channel: it reads files, sums up, phrases, drafts replies " +
			"and says where a statement comes from.\n\nYou check, you decide, you send. It sends nothing to citizens. " +
			"It can be wrong: please check dates, amounts and names above all.\n\n“!help” shows what it can do, “!info” which model runs where " +
			"and how long something is kept; “!delete” deletes a conversation."}
	textAppReads = bots.Text{
		DE: "\n\nIn Teams und Gruppenchats, in denen es hinzugefügt ist, liest es den Verlauf nur, wenn jemand danach fragt. Technisch stellt Teams ihm dort alle Nachrichten zu; " +
			"was nicht an es gerichtet ist, verwirft es sofort.",
		EN: "\n\nIn teams and group chats where it has been added it reads what was said only when somebody asks for it. Technically Teams delivers every message there to it; " +
			"what is not addressed to it is dropped at once."}
	textAppContact = bots.Text{DE: "\n\nAnsprechstelle: ", EN: "\n\nContact: "}
)

func (c Config) description(lang string) appText {
	full := fmt.Sprintf(textAppFull.In(lang), appLine(c.Profile.Name))
	if c.Graph {
		full += textAppReads.In(lang)
	}
	if contact := appLine(c.Profile.Contact); contact != "" {
		full += textAppContact.In(lang) + atMost(1000, contact)
	}
	return appText{textAppShort.In(lang), clip(full, maxFull)}
}

var textAppHelp = bots.Text{DE: "zeigt, was ich kann", EN: "shows what I can do"}

// What clients propose, the most wanted first, by German names of commands.
var (
	appAlone    = []string{"hilfe", "zusammenfassung", "antwort", "vermerk", "formulieren", "einfach", "übersetzen", "recherche", "löschen", "info", "neu"}
	appTogether = []string{"hilfe", "verpasst", "vermerk", "zusammenfassung", "übersetzen", "recherche", "einfach", "info"}
)

// commands returns the commands of those skills that the bot has, for each scope.
func (c Config) commands(lang string, skills []bots.Info) []appCommandList {
	list := func(names []string, scopes ...string) appCommandList {
		l := appCommandList{Scopes: scopes, Commands: []appCommand{}}
		for _, name := range names {
			i := slices.IndexFunc(skills, func(s bots.Info) bool { return slices.Contains(s.Commands, name) })
			if i < 0 || skills[i].Rooms && !c.Graph || len(l.Commands) == maxCommands {
				continue
			}
			title := name
			if own := skills[i].Commands; lang == "en" && len(own) > 1 && own[0] == name {
				title = own[1]
			}
			help := skills[i].Help.In(lang)
			if name == "hilfe" { // "this overview" says nothing in a menu
				help = textAppHelp.In(lang)
			}
			l.Commands = append(l.Commands, appCommand{atMost(maxTitle, "!"+title), appSentence(help)})
		}
		return l
	}
	return []appCommandList{list(appAlone, "personal"), list(appTogether, "team", "groupChat")}
}

// appSentence makes a line of help a description: without marks of Markdown, and cut
// at its first part if it is too long.
func appSentence(help string) string {
	help = strings.ReplaceAll(appLine(help), "`", "")
	if first, _, ok := strings.Cut(help, ";"); ok && len(utf16.Encode([]rune(help))) > maxDescription {
		help = first
	}
	if first, rest, ok := strings.Cut(help, " "); ok {
		r := []rune(first)
		help = string(unicode.ToUpper(r[0])) + string(r[1:]) + " " + rest
	}
	return atMost(maxDescription, help)
}

// appID returns the ID of the app for that of an app registration. Teams wants two
// IDs; this one is always the same for the same registration (RFC 9562, version 5).
func appID(registration string) string {
	space, err := uuid.Parse(registration)
	if err != nil {
		return registration // refused by Validate
	}
	return uuid.NewSHA1(space, []byte("amtsbote teams app")).String()
}

var versionRE = regexp.MustCompile(`^v?(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:[-+]|$)`)

// appVersion returns a version as Teams takes it: three numbers, no more.
func appVersion(program string) string {
	m := versionRE.FindStringSubmatch(program)
	if m == nil || m[1]+m[2]+m[3] == "000" { // built without a release
		return "1.0.0"
	}
	for i := range m {
		if i > 0 {
			m[i] = cmp.Or(strings.TrimLeft(m[i], "0"), "0")
		}
	}
	return strings.Join(m[1:], ".")
}

// appLine returns a text without line breaks and control characters.
func appLine(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
}

// atMost returns a text in one line of at most n UTF-16 units.
func atMost(n int, s string) string { return clip(appLine(s), n) }

// packApp makes the ZIP file. Times are fixed, so that the same app is the same file.
func packApp(m manifest, english map[string]string) ([]byte, error) {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	add := func(name string, data []byte, err error) error {
		if err != nil {
			return err
		}
		w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)})
		if err != nil {
			return err
		}
		_, err = w.Write(data)
		return err
	}
	german, err1 := indented(m)
	others, err2 := indented(english)
	color, err3 := appIcon(192, true)
	outline, err4 := appIcon(32, false)
	err := errors.Join(
		add("manifest.json", german, err1), add("en.json", others, err2),
		add(m.Icons.Color, color, err3), add(m.Icons.Outline, outline, err4), z.Close())
	if err != nil {
		return nil, fmt.Errorf("teams: app package: %w", err)
	}
	return buf.Bytes(), nil
}

// indented returns JSON for people to read: an administrator looks at it before it is
// uploaded.
func indented(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return buf.Bytes(), err
}
