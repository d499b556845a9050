package teams

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"amtsbote/connectors/teams/teamstest"
)

// A tokenCase is a request, what we must say of it, and what Microsoft's own
// package says.
type tokenCase struct {
	name      string
	header    string         // Authorization
	activity  map[string]any // default: tokenCases.activity
	cloud     string         // "public" (default), "gov", "entra"
	want      error
	microsoft bool   // accepts
	why       string // we are stricter
}

// tokenCases is the table, with the keys of a cloud to make it.
type tokenCases struct {
	t        testing.TB
	cloud    *teamstest.Cloud
	activity map[string]any
	key      map[string]teamstest.Key
	all      []tokenCase
}

func (b *tokenCases) add(c tokenCase) { b.all = append(b.all, c) }

// allowed and refused add a token that Microsoft's package says the same of;
// stricter one that it accepts.
func (b *tokenCases) allowed(name, token string) {
	b.add(tokenCase{name: name, header: "Bearer " + token, microsoft: true})
}
func (b *tokenCases) refused(name, token string) {
	b.add(tokenCase{name: name, header: "Bearer " + token, want: errToken})
}
func (b *tokenCases) stricter(name, token, why string) {
	b.add(tokenCase{name: name, header: "Bearer " + token, want: errToken, microsoft: true, why: why})
}

// with returns the claims of a right token, changed; nil takes one out.
func (b *tokenCases) with(changes jwt.MapClaims) jwt.MapClaims {
	return changed(b.cloud.Claims(), changes)
}

func changed(claims, changes jwt.MapClaims) jwt.MapClaims {
	for name, value := range changes {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	return claims
}

// said returns the activity, changed.
func (b *tokenCases) said(changes map[string]any) map[string]any {
	a := maps.Clone(b.activity)
	for name, value := range changes {
		if a[name] = value; value == nil {
			delete(a, name)
		}
	}
	return a
}

// rawToken signs header and payload as they stand with RS256.
func rawToken(t testing.TB, k teamstest.Key, header, payload string) string {
	signed := base64.RawURLEncoding.EncodeToString([]byte(header)) + "." + base64.RawURLEncoding.EncodeToString([]byte(payload))
	sum := sha256.Sum256([]byte(signed))
	sig, err := rsa.SignPKCS1v15(rand.Reader, k.Private, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(sig)
}

// method signs with another algorithm.
func method(t testing.TB, m jwt.SigningMethod, kid string, private any, claims jwt.MapClaims) string {
	token := jwt.NewWithClaims(m, claims)
	token.Header["kid"] = kid
	s, err := token.SignedString(private)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const stray = "teams-1/../teams-1" // is a name like any other

// tokenKeys are those on the key endpoint. Of two with one name the first counts.
var tokenKeys = sync.OnceValue(func() []teamstest.Key {
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		panic(err)
	}
	return []teamstest.Key{teamstest.NewKey("teams-1", "skype", "msteams"), teamstest.NewKey("teams-1", "msteams"), teamstest.NewKey("bare"),
		teamstest.NewKey("none", []string{}...), teamstest.NewKey("web", "webchat", "directline"), teamstest.NewKey("case", "MSTeams"),
		teamstest.NewKey(stray, "msteams"), teamstest.NewKey("schlüssel-ß", "msteams"),
		{ID: "weak", Endorsements: []string{"msteams"}, Private: weak}}
})

func newTokenCases(t testing.TB) *tokenCases {
	cloud := teamstest.Start(t)
	who := cloud.Person("Mia Kaya", "mia.kaya@amt.example")
	b := &tokenCases{t: t, cloud: cloud, activity: cloud.Personal(who).Activity(who, "message", ""), key: map[string]teamstest.Key{}}
	keys := tokenKeys()
	for _, k := range keys {
		if _, second := b.key[k.ID]; !second {
			b.key[k.ID] = k
		}
	}
	cloud.SetKeys(keys...)
	b.dates()
	b.claims()
	b.algorithms()
	b.keys()
	b.headers()
	b.raw()
	b.activities()
	b.clouds()
	b.entra()
	return b
}

func (b *tokenCases) dates() {
	sign, now := b.key["teams-1"].Sign, time.Now()
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	b.allowed("right", sign(b.with(nil)))
	b.refused("expired", sign(b.with(jwt.MapClaims{"exp": at(-time.Hour)})))
	b.refused("expired beyond leeway", sign(b.with(jwt.MapClaims{"exp": at(-302 * time.Second)})))
	b.allowed("expired within leeway", sign(b.with(jwt.MapClaims{"exp": at(-240 * time.Second)})))
	b.refused("not valid yet", sign(b.with(jwt.MapClaims{"nbf": at(time.Hour)})))
	b.refused("not valid yet beyond leeway", sign(b.with(jwt.MapClaims{"nbf": at(360 * time.Second)})))
	b.allowed("not valid yet within leeway", sign(b.with(jwt.MapClaims{"nbf": at(240 * time.Second)})))
	b.allowed("no nbf", sign(b.with(jwt.MapClaims{"nbf": nil})))
	b.stricter("no exp", sign(b.with(jwt.MapClaims{"exp": nil})), "it would be good for ever")
	b.refused("exp a string", sign(b.with(jwt.MapClaims{"exp": fmt.Sprint(at(time.Hour))})))
	b.allowed("exp a fraction", sign(b.with(jwt.MapClaims{"exp": float64(at(time.Hour)) + .5})))
	b.stricter("exp huge", sign(b.with(jwt.MapClaims{"exp": 1e300})), "no int64 holds it: it would be a time in the past here, in the future there")
	b.stricter("exp after all years", sign(b.with(jwt.MapClaims{"exp": 253402300800})), "as above")
	b.refused("exp negative", sign(b.with(jwt.MapClaims{"exp": -1})))
	b.refused("exp zero", sign(b.with(jwt.MapClaims{"exp": 0})))
	b.refused("exp true", sign(b.with(jwt.MapClaims{"exp": true})))
	b.refused("nbf huge", sign(b.with(jwt.MapClaims{"nbf": 1e300})))
	b.refused("nbf a string", sign(b.with(jwt.MapClaims{"nbf": "0"})))
	b.stricter("nbf negative", sign(b.with(jwt.MapClaims{"nbf": -1})), "no time at which a token was made")
}

func (b *tokenCases) claims() {
	sign := b.key["teams-1"].Sign
	b.refused("another app", sign(b.with(jwt.MapClaims{"aud": "6f1c1c1e-0000-4000-8000-0000000000ab"})))
	b.refused("aud in capitals", sign(b.with(jwt.MapClaims{"aud": strings.ToUpper(teamstest.AppID)})))
	b.refused("aud an array", sign(b.with(jwt.MapClaims{"aud": []string{teamstest.AppID}})))
	b.refused("aud an array with others", sign(b.with(jwt.MapClaims{"aud": []string{"other", teamstest.AppID}})))
	b.refused("aud empty", sign(b.with(jwt.MapClaims{"aud": ""})))
	b.refused("aud with a prefix", sign(b.with(jwt.MapClaims{"aud": "api://" + teamstest.AppID})))
	b.refused("another issuer", sign(b.with(jwt.MapClaims{"iss": "https://login.example"})))
	b.refused("issuer with a slash", sign(b.with(jwt.MapClaims{"iss": teamstest.Issuer + "/"})))
	b.refused("issuer an array", sign(b.with(jwt.MapClaims{"iss": []string{teamstest.Issuer}})))
	b.refused("issuer of a government cloud", sign(b.with(jwt.MapClaims{"iss": "https://api.botframework.us"})))
	for _, name := range []string{"iss", "aud", "serviceurl"} {
		b.refused("no "+name, sign(b.with(jwt.MapClaims{name: nil})))
	}
	b.refused("serviceUrl in place of serviceurl", sign(b.with(jwt.MapClaims{"serviceurl": nil, "serviceUrl": b.cloud.Service()})))
	b.refused("serviceurl a number", sign(b.with(jwt.MapClaims{"serviceurl": 1})))
	b.refused("serviceurl an array", sign(b.with(jwt.MapClaims{"serviceurl": []string{b.cloud.Service()}})))
}

func (b *tokenCases) algorithms() {
	k, claims := b.key["teams-1"], b.with(nil)
	der, err := x509.MarshalPKIXPublicKey(k.Private.Public())
	if err != nil {
		b.t.Fatal(err)
	}
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		b.t.Fatal(err)
	}
	b.refused("HS256 with the public key", method(b.t, jwt.SigningMethodHS256, k.ID, public, claims))
	b.refused("HS256 with the modulus", method(b.t, jwt.SigningMethodHS256, k.ID, k.Private.N.Bytes(), claims))
	b.refused("none", method(b.t, jwt.SigningMethodNone, k.ID, jwt.UnsafeAllowNoneSignatureType, claims))
	b.stricter("RS384", method(b.t, jwt.SigningMethodRS384, k.ID, k.Private, claims), "Bot Connector's metadata names RS256 alone")
	b.stricter("RS512", method(b.t, jwt.SigningMethodRS512, k.ID, k.Private, claims), "Bot Connector's metadata names RS256 alone")
	b.refused("PS256", method(b.t, jwt.SigningMethodPS256, k.ID, k.Private, claims))
	b.refused("ES256", method(b.t, jwt.SigningMethodES256, k.ID, curve, claims))
	payload, _ := json.Marshal(claims)
	for _, alg := range []string{`"None"`, `"rs256"`, `""`, `null`, `["RS256"]`} {
		b.refused("alg "+alg, rawToken(b.t, k, `{"alg":`+alg+`,"kid":"teams-1"}`, string(payload)))
	}
	b.refused("no alg", rawToken(b.t, k, `{"kid":"teams-1"}`, string(payload)))
	b.stricter("crit", rawToken(b.t, k, `{"alg":"RS256","kid":"teams-1","crit":["exp"]}`, string(payload)), "RFC 7515, 4.1.11: what is not understood is refused")
	b.stricter("crit with an extension", rawToken(b.t, k, `{"alg":"RS256","kid":"teams-1","crit":["x"],"x":1}`, string(payload)), "as above")
	jwk := `{"kty":"RSA","n":"` + base64.RawURLEncoding.EncodeToString(b.key["web"].Private.N.Bytes()) + `","e":"AQAB"}`
	b.refused("a key of its own", rawToken(b.t, b.key["web"], `{"alg":"RS256","kid":"teams-1","jwk":`+jwk+`}`, string(payload)))
	b.refused("an address of a key", rawToken(b.t, b.key["web"], `{"alg":"RS256","kid":"teams-1","jku":"`+b.cloud.URL+`/v1/.well-known/keys"}`, string(payload)))
}

func (b *tokenCases) keys() {
	claims := b.with(nil)
	other := func(id, kid string) string { k := b.key[id]; k.ID = kid; return k.Sign(claims) }
	b.refused("signed by another key", other("web", "teams-1"))
	b.refused("unknown kid", other("teams-1", "teams-9"))
	b.refused("kid empty", other("teams-1", ""))
	b.refused("kid of another case", other("teams-1", "TEAMS-1"))
	b.refused("kid with a path", other("teams-1", "../../teams-1"))
	b.refused("kid with a zero", other("teams-1", "teams-1\x00"))
	b.refused("kid of 4 KB", other("teams-1", strings.Repeat("k", 4<<10)))
	b.allowed("kid of a key with a path in its name", b.key[stray].Sign(claims))
	b.refused("kid with umlauts", b.key["schlüssel-ß"].Sign(claims))
	payload, _ := json.Marshal(claims)
	for _, kid := range []string{`1`, `null`, `["teams-1"]`, `{"teams-1":1}`, `true`} {
		b.refused("kid "+kid, rawToken(b.t, b.key["teams-1"], `{"alg":"RS256","kid":`+kid+`}`, string(payload)))
	}
	b.refused("no kid", rawToken(b.t, b.key["teams-1"], `{"alg":"RS256"}`, string(payload)))
	b.stricter("key of 1,024 bits", b.key["weak"].Sign(claims), "too short to trust")
	forbidden := func(name, id string, microsoft bool, why string) {
		b.add(tokenCase{name: name, header: "Bearer " + b.key[id].Sign(claims), want: errForbidden, microsoft: microsoft, why: why})
	}
	forbidden("key without endorsements", "bare", true, "Bot Connector's keys have them; without, it would speak for all channels")
	forbidden("key with an empty list of endorsements", "none", true, "as above")
	forbidden("key endorsed for other channels", "web", false, "")
	forbidden("key endorsed for the channel in another case", "case", false, "")
}

func (b *tokenCases) headers() {
	token := b.key["teams-1"].Sign(b.with(nil))
	head := func(name, header string) { b.add(tokenCase{name: "header: " + name, header: header, want: errToken}) }
	head("none", "")
	head("a space", " ")
	head("scheme alone", "Bearer")
	head("no token", "Bearer ")
	head("small letters", "bearer "+token)
	head("capitals", "BEARER "+token)
	head("another scheme", "Basic "+token)
	head("no scheme", token)
	head("two spaces", "Bearer  "+token)
	head("a tab", "Bearer\t"+token)
	head("a space before", " Bearer "+token)
	head("a space behind", "Bearer "+token+" ")
	head("a line behind", "Bearer "+token+"\n")
	head("a line within", "Bearer "+token[:50]+"\r\n"+token[50:])
	head("two tokens", "Bearer "+token+" "+token)
	head("two with a comma", "Bearer "+token+", Bearer "+token)
	head("in quotation marks", `Bearer "`+token+`"`)
	head("Unicode space", "Bearer\u00a0"+token)
	head("garbage", "Bearer \u202eäöü.\U0001f600.\xff")
	head("padded", "Bearer "+token+"==")
	head("two parts", "Bearer "+token[:strings.LastIndex(token, ".")])
	head("no signature", "Bearer "+token[:strings.LastIndex(token, ".")+1])
	head("four parts", "Bearer "+token+".e30")
	head("garbage in base64", "Bearer !!!.???.***")
	head("not JSON", "Bearer AAAA.AAAA.AAAA")
	head("dots", "Bearer ..")
	b.stricter("header of 17 KB", b.key["teams-1"].Sign(b.with(jwt.MapClaims{"x": strings.Repeat("x", 13<<10)})), "a stranger's request is not read on")
	b.stricter("loose end of base64", token[:len(token)-1]+string(token[len(token)-1]+1), "one token, one spelling (RFC 4648, 3.5)")
}

func (b *tokenCases) raw() {
	k := b.key["teams-1"]
	right, _ := json.Marshal(b.with(nil))
	const head = `{"alg":"RS256","typ":"JWT","kid":"teams-1"}`
	payload := func(extra string) string { return "{" + extra + "," + string(right[1:]) }
	behind := func(extra string) string { return string(right[:len(right)-1]) + "," + extra + "}" }
	b.allowed("first of two aud is another's", rawToken(b.t, k, head, payload(`"aud":"other"`)))
	b.refused("last of two aud is another's", rawToken(b.t, k, head, behind(`"aud":"other"`)))
	b.refused("last of two exp is past", rawToken(b.t, k, head, behind(`"exp":1`)))
	b.refused("last of two iss is another's", rawToken(b.t, k, head, behind(`"iss":"https://login.example"`)))
	b.refused("last of two kid is unknown", rawToken(b.t, k, `{"alg":"RS256","kid":"teams-1","kid":"x"}`, string(right)))
	b.allowed("claim in another case beside", rawToken(b.t, k, head, behind(`"AUD":"other","Exp":1,"ISS":"x"`)))
	b.refused("claims in another case", rawToken(b.t, k, head, strings.NewReplacer(`"aud"`, `"AUD"`, `"iss"`, `"Iss"`).Replace(string(right))))
	b.allowed("long before and after", rawToken(b.t, k, head, " \n"+string(right)+"\n "))
	b.refused("more behind the claims", rawToken(b.t, k, head, string(right)+"{}"))
	b.refused("claims an array", rawToken(b.t, k, head, "["+string(right)+"]"))
	b.refused("claims null", rawToken(b.t, k, head, "null"))
	b.refused("claims a string", rawToken(b.t, k, head, `"x"`))
	b.refused("claims empty", rawToken(b.t, k, head, ""))
	b.refused("claims with a byte order mark", rawToken(b.t, k, head, "\xef\xbb\xbf"+string(right)))
	b.refused("header null", rawToken(b.t, k, "null", string(right)))
	b.refused("header an array", rawToken(b.t, k, "["+head+"]", string(right)))
	b.refused("a token in a token", rawToken(b.t, k, `{"alg":"RS256","cty":"JWT","kid":"teams-1"}`, k.Sign(b.with(nil))))
	b.refused("nested deeply", rawToken(b.t, k, head, behind(`"x":`+strings.Repeat("[", 4000)+strings.Repeat("]", 3999))))
	b.refused("claims of another token", swap(k.Sign(b.with(nil)), k.Sign(b.with(jwt.MapClaims{"sub": "x"}))))
}

// swap returns token a with the claims of b.
func swap(a, b string) string {
	p, q := strings.Split(a, "."), strings.Split(b, ".")
	return p[0] + "." + q[1] + "." + p[2]
}

func (b *tokenCases) activities() {
	token := "Bearer " + b.key["teams-1"].Sign(b.with(nil))
	but := func(name string, microsoft bool, why string, changes map[string]any) {
		b.add(tokenCase{name: name, header: token, activity: b.said(changes), want: errForbidden, microsoft: microsoft, why: why})
	}
	but("another serviceUrl", false, "", map[string]any{"serviceUrl": "https://smba.trafficmanager.net/de/"})
	but("serviceUrl without its slash", false, "", map[string]any{"serviceUrl": strings.TrimSuffix(b.cloud.Service(), "/")})
	but("serviceUrl in capitals", false, "", map[string]any{"serviceUrl": strings.ToUpper(b.cloud.Service())})
	but("no serviceUrl", true, "the token's would not be held against it", map[string]any{"serviceUrl": nil})
	but("another channel", false, "", map[string]any{"channelId": "webchat"})
	but("another channel that the key speaks for", true, "this is a connector of Teams", map[string]any{"channelId": "skype"})
	but("channel empty", true, "the endorsements would not be held against it", map[string]any{"channelId": ""})
	but("no channel", false, "", map[string]any{"channelId": nil})
	but("channel in capitals", false, "", map[string]any{"channelId": "MSTEAMS"})
	tenant := func(channelData, conversation any) map[string]any {
		return map[string]any{"channelData": map[string]any{"tenant": map[string]any{"id": channelData}},
			"conversation": map[string]any{"id": "a:1", "conversationType": "personal", "tenantId": conversation}}
	}
	const foreign = "72f988bf-0000-4000-8000-0000000000ff"
	but("another tenant", true, "its people were not meant", tenant(foreign, foreign))
	but("another tenant in channelData", true, "as above", tenant(foreign, teamstest.Tenant))
	but("no tenant", true, "as above", tenant("", ""))
	for _, host := range []string{"https://evil.example/", "https://smba.trafficmanager.net.evil.example/", "https://evilsmba.trafficmanager.net.example/",
		"http://smba.trafficmanager.net/", "https://smba.trafficmanager.net@evil.example/", "https://smba.trafficmanager.net:8443/", "//smba.trafficmanager.net/", ":"} {
		b.add(tokenCase{name: "unlisted " + host, header: "Bearer " + b.key["teams-1"].Sign(b.with(jwt.MapClaims{"serviceurl": host})),
			activity: b.said(map[string]any{"serviceUrl": host}), want: errForbidden, microsoft: true, why: "the bot's own token would go there"})
	}
	const region = "https://smba.trafficmanager.net/de/"
	b.add(tokenCase{name: "listed " + region, header: "Bearer " + b.key["teams-1"].Sign(b.with(jwt.MapClaims{"serviceurl": region})),
		activity: b.said(map[string]any{"serviceUrl": region}), microsoft: true})
}

const governmentIssuer = "https://api.botframework.us"

func (b *tokenCases) clouds() {
	k := b.key["teams-1"]
	b.add(tokenCase{name: "government", cloud: "gov", header: "Bearer " + k.Sign(b.with(jwt.MapClaims{"iss": governmentIssuer})), microsoft: true})
	b.add(tokenCase{name: "government, of the public cloud", cloud: "gov", header: "Bearer " + k.Sign(b.with(nil)), want: errToken})
}

const entraLogin = "https://login.microsoftonline.com"

// entra adds tokens that a tenant signs.
func (b *tokenCases) entra() {
	k := b.cloud.EntraKey()
	const v1, v2 = "https://sts.windows.net/" + teamstest.Tenant + "/", entraLogin + "/" + teamstest.Tenant + "/v2.0"
	const foreign = "72f988bf-0000-4000-8000-0000000000ff"
	with := func(changes jwt.MapClaims) string {
		return "Bearer " + k.Sign(changed(changed(b.cloud.EntraClaims(messagingBot), jwt.MapClaims{"iss": v2}), changes))
	}
	first := func(app string) jwt.MapClaims {
		return jwt.MapClaims{"iss": v1, "ver": "1.0", "appid": app, "appidacr": "1", "azp": nil, "azpacr": nil}
	}
	own := jwt.MapClaims{"azp": teamstest.AppID, "azpacr": "1"}
	add := func(name, header string, want error, microsoft bool, why string) {
		b.add(tokenCase{name: "entra: " + name, cloud: "entra", header: header, want: want, microsoft: microsoft, why: why})
	}
	add("Microsoft's application", with(nil), nil, true, "")
	add("Microsoft's application, version 1", with(first(messagingBot)), nil, true, "")
	add("the app itself", with(own), nil, true, "")
	add("the app itself, version 1", with(first(teamstest.AppID)), nil, true, "")
	add("Bot Connector as ever", "Bearer "+b.key["teams-1"].Sign(b.with(nil)), nil, true, "")
	b.add(tokenCase{name: "entra: switched off", header: with(nil), want: errToken, microsoft: true, why: "the switch is off by default"})

	add("another app of the tenant", with(jwt.MapClaims{"azp": "6f1c1c1e-0000-4000-8000-0000000000ab"}), errToken, false, "")
	add("another app, version 1", with(first("6f1c1c1e-0000-4000-8000-0000000000ab")), errToken, false, "")
	add("no app", with(jwt.MapClaims{"azp": nil}), errToken, false, "")
	add("appid in version 2", with(jwt.MapClaims{"azp": nil, "appid": messagingBot}), errToken, false, "")
	add("no version", with(jwt.MapClaims{"ver": nil}), errToken, false, "")
	add("version 3", with(jwt.MapClaims{"ver": "3.0"}), errToken, false, "")
	add("public client", with(changed(maps.Clone(own), jwt.MapClaims{"azpacr": "0"})), errToken, true, "anybody can be one")
	add("a person", with(changed(maps.Clone(own), jwt.MapClaims{"scp": "access_as_user"})), errToken, true, "people sign in to the app too, and would then speak for Teams")
	add("a person by sub", with(changed(maps.Clone(own), jwt.MapClaims{"sub": "x"})), errToken, true, "as above")
	add("a person without sub", with(jwt.MapClaims{"azp": teamstest.AppID, "sub": nil, "oid": nil}), errToken, true, "as above")
	add("another tenant", with(jwt.MapClaims{"iss": entraLogin + "/" + foreign + "/v2.0", "tid": foreign, "azp": teamstest.AppID}), errToken, true,
		"its issuer would be accepted because the token says tid")
	add("tid of another tenant", with(jwt.MapClaims{"tid": foreign}), errToken, true, "issuer and tid are of one tenant")
	add("no tid", with(jwt.MapClaims{"tid": nil}), errToken, true, "as above")
	add("for Bot Connector", with(changed(maps.Clone(own), jwt.MapClaims{"aud": "https://api.botframework.com"})), errToken, true,
		"that is the bot's own token, which it sends elsewhere")
	add("for another app", with(jwt.MapClaims{"aud": "6f1c1c1e-0000-4000-8000-0000000000ab"}), errToken, false, "")
	add("expired", with(jwt.MapClaims{"exp": 1}), errToken, false, "")
	add("a key of Bot Connector's", "Bearer "+b.key["teams-1"].Sign(changed(b.cloud.EntraClaims(messagingBot), jwt.MapClaims{"iss": v2})), errToken, false, "")
	add("Bot Connector's issuer", with(jwt.MapClaims{"iss": teamstest.Issuer, "serviceurl": b.cloud.Service(), "azp": nil}), errToken, false, "")
	add("serviceurl of another", with(jwt.MapClaims{"serviceurl": "https://smba.trafficmanager.net/de/"}), errForbidden, true, "what is signed counts")
	add("serviceurl empty", with(jwt.MapClaims{"serviceurl": ""}), errToken, true, "one that is there counts")
	add("serviceurl a number", with(jwt.MapClaims{"serviceurl": 1}), errToken, true, "as above")
	b.add(tokenCase{name: "entra: unlisted host", cloud: "entra", header: with(nil), activity: b.said(map[string]any{"serviceUrl": "https://evil.example/"}),
		want: errForbidden, microsoft: true, why: "nothing signed says where the bot's own token goes"})
}

func TestTokenTable(t *testing.T) {
	b := newTokenCases(t)
	verifiers := b.verifiers()
	for _, c := range b.all {
		t.Run(c.name, func(t *testing.T) {
			if c = c.filled(b); c.want == nil && !c.microsoft || (c.want != nil && c.microsoft) != (c.why != "") {
				t.Fatal("the row contradicts itself")
			}
			got := decide(t, verifiers[c.cloud], c.header, c.activity)
			if !errors.Is(got, c.want) {
				t.Fatalf("got %v, want %v", got, c.want)
			}
			if got != nil && len(got.Error()) > 120 {
				t.Errorf("error of %d bytes: %.200q", len(got.Error()), got)
			}
		})
	}
	if t.Failed() {
		return
	}
	if refusals := b.cloud.Refusals(); len(refusals) > 0 {
		t.Error(refusals)
	}
}

func (c tokenCase) filled(b *tokenCases) tokenCase {
	if c.activity == nil {
		c.activity = b.activity
	}
	if c.cloud == "" {
		c.cloud = "public"
	}
	return c
}
