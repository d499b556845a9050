package facts

import "testing"

func TestLanguage(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"a German letter": {`Sehr geehrte Damen und Herren,

hiermit lege ich Widerspruch gegen Ihren Bescheid vom 5. November 2026 ein. Die Gebühr von 25,00 € bitte ich zu erstatten.

Mit freundlichen Grüßen
Aylin Yılmaz`, "de"},
		"an English letter": {`Dear Sir or Madam,

I received your notice of 5 November 2026 and do not agree with it. Please refund the fee and confirm that you have received this letter.`, "en"},
		"a French letter": {`Madame, Monsieur,

j'ai reçu votre lettre du 5 novembre et je souhaite contester la décision. Pourriez-vous me confirmer la réception de ce courrier ?`, "fr"},
		"a Spanish letter":             {"Estimados señores: he recibido su carta del 5 de noviembre y no estoy de acuerdo con la decisión. Les ruego que me confirmen la recepción de este escrito.", "es"},
		"an Italian letter":            {"Gentili signori, ho ricevuto la vostra lettera del 5 novembre e non sono d'accordo con la decisione. Vi prego di confermare la ricezione della presente.", "it"},
		"a Polish letter":              {"Szanowni Państwo, otrzymałem Państwa pismo z dnia 5 listopada i nie zgadzam się z decyzją. Proszę o potwierdzenie otrzymania tego listu.", "pl"},
		"a Russian letter":             {"Уважаемые дамы и господа, я получил ваше письмо от 5 ноября и не согласен с решением. Прошу подтвердить получение этого письма.", "ru"},
		"a Ukrainian letter":           {"Шановні пані та панове, я отримав вашого листа від 5 листопада і не погоджуюся з рішенням. Прошу підтвердити отримання цього листа.", "uk"},
		"a Turkish letter":             {"Sayın yetkili, 5 Kasım tarihli yazınızı aldım ve karara katılmıyorum. Bu mektubu aldığınızı onaylamanızı rica ederim.", "tr"},
		"an Arabic letter":             {"السادة الكرام، لقد تلقيت رسالتكم المؤرخة في 5 نوفمبر ولا أوافق على القرار. أرجو تأكيد استلام هذه الرسالة.", "ar"},
		"a Persian letter":             {"با سلام، نامه شما به تاریخ ۵ نوامبر را دریافت کردم و با این تصمیم موافق نیستم. لطفاً دریافت این نامه را تأیید کنید.", "fa"},
		"a Romanian letter":            {"Stimate doamne, stimați domni, am primit scrisoarea dumneavoastră din 5 noiembrie și nu sunt de acord cu decizia. Vă rog să confirmați primirea acestei scrisori.", "ro"},
		"a Bulgarian letter":           {"Уважаеми дами и господа, получих вашето писмо от 5 ноември и не съм съгласен с решението. Моля да потвърдите получаването на това писмо.", "bg"},
		"a Dutch letter":               {"Geachte heer of mevrouw, ik heb uw brief van 5 november ontvangen en ben het niet eens met het besluit. Graag ontvang ik een bevestiging van deze brief.", "nl"},
		"a Greek letter":               {"Αξιότιμοι κύριοι, έλαβα την επιστολή σας και δεν συμφωνώ με την απόφαση.", "el"},
		"two German words":             {"Vielen Dank!", "de"},
		"a German request":             {"Fass das in fünf Punkten zusammen.", "de"},
		"a short question":             {"Wann ist der Termin?", "de"},
		"an English question":          {"What is the deadline?", "en"},
		"English thanks":               {"Thank you!", "en"},
		"only a name":                  {"Jana Wieczorek", ""},
		"only numbers":                 {"32.4-BPA-1873/26, 25,00 €", ""},
		"nothing":                      {"", ""},
		"only a link":                  {"https://www.musterstadt.example/der/die/das", ""},
		"German with an English quote": {`Sehr geehrte Damen und Herren, in Ihrem Bescheid steht auf der zweiten Seite nur "please contact us", und ich weiß nicht, was ich damit anfangen soll. Bitte erklären Sie mir das.`, "de"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := Language(test.text); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
