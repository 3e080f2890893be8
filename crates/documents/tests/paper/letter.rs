//! Letters, each in several forms: running text, columns, a table, with handwriting.

use std::fmt::Write as _;

use crate::pdf::{Font, Page};

/// A letter.
pub(crate) struct Letter {
    font: Font,
    sender: &'static str,
    address: &'static str,
    subject: &'static str,
    body: &'static str,
    /// Two columns of rules, and the sentence under them.
    columns: [&'static str; 2],
    under_columns: &'static str,
    introduction: &'static str,
    rows: [[&'static str; 3]; 6],
    under_table: &'static str,
}

/// A letter to a tenant, on which limits were set.
pub(crate) const TENANT: Letter = Letter {
    font: Font::Helvetica,
    sender: "\
Hausverwaltung Sonnenhof GmbH
Telefon 0341 998877
Zimmer 12, Montag bis Freitag",
    address: "\
Frau
Olena Kovalenko
Musterstraße 12
04275 Leipzig",
    subject: "Schaden an der Heizung in Ihrer Wohnung",
    body: "\
Sehr geehrte Frau Kovalenko,

wir danken Ihnen für Ihr Schreiben vom 14. April, in dem Sie uns auf den Schaden
an der Heizung in Ihrem Wohnzimmer hinweisen. Nach unserer Kenntnis ist die Anlage
erst im vergangenen Herbst gewartet worden. Trotzdem haben wir die Firma beauftragt,
den Heizkörper zu prüfen und, falls nötig, noch in dieser Woche zu reparieren.

Der Techniker kommt am Donnerstag, dem 7. Mai 2026, zwischen 8 und 12 Uhr zu Ihnen.
Bitte sorgen Sie dafür, dass jemand zu Hause ist und der Zugang zum Heizkörper frei
bleibt. Können Sie den Termin nicht wahrnehmen, rufen Sie uns bitte bis Dienstag an,
damit wir einen anderen Tag vereinbaren können. Die Reparatur ist für Sie kostenlos.

Für die Zeit, in der die Heizung nicht benutzbar war, mindert sich Ihre Miete um zehn
Prozent. Den Betrag von 43,50 Euro verrechnen wir mit der Miete für den Monat Juni, Sie
müssen also nichts weiter veranlassen. Wir weisen darauf hin, dass die Abrechnung der
Nebenkosten für das vergangene Jahr davon nicht berührt wird.

Mit freundlichen Grüßen

Sabine Hoffmann
Verwaltung",
    columns: [
        "\
Die Treppen und Flure im Haus sind
immer frei zu halten, damit im Fall
eines Brandes niemand gefährdet ist.
Fahrräder gehören in den Keller oder
in den Hof, aber nicht in den Flur.

Zwischen zehn Uhr abends und sechs
Uhr morgens ist im ganzen Haus Ruhe.
Wer ein Fest feiern will, spricht es
vorher mit den Nachbarn ab und hängt
einen Zettel an die Tür des Hauses.",
        "\
Die Reinigung der Treppe übernehmen
die Mieter der Wohnungen im Wechsel.
Ein Plan hängt neben den Briefkästen
im Eingang und gilt für ein Jahr.

Müll wird nach Papier, Glas, Bio und
Restmüll getrennt. Sperrige Sachen
holt die Stadt nach einem Anruf ab,
sie dürfen nicht im Keller und nicht
auf dem Gehweg abgestellt werden.",
    ],
    under_columns: "Diese Regeln gelten für alle, die in dem Haus wohnen, und auch für ihre Gäste.",
    introduction: "\
die Nebenkosten für das vergangene Jahr setzen sich aus den folgenden Positionen
zusammen, die wir nach der Fläche Ihrer Wohnung berechnet haben:",
    rows: [
        ["Position", "Anteil", "Betrag"],
        ["Heizung und warmes Wasser", "60 %", "412,80 Euro"],
        ["Müllabfuhr", "20 %", "137,60 Euro"],
        ["Reinigung der Treppe", "15 %", "103,20 Euro"],
        ["Licht im Treppenhaus", "5 %", "34,40 Euro"],
        ["Summe", "100 %", "688,00 Euro"],
    ],
    under_table: "\
Bitte überweisen Sie den Betrag innerhalb von vierzehn Tagen auf unser Konto.",
};

/// A letter of an authority, in another font, with which no limit was set.
pub(crate) const AUTHORITY: Letter = Letter {
    font: Font::Times,
    sender: "\
Jobcenter Landkreis Görlitz
Aktenzeichen 512.4-BG-0031774
Auskunft erteilt Herr Krüger",
    address: "\
Herrn
Yusuf Al-Hamadi
Bahnhofstraße 7b
02826 Görlitz",
    subject: "Bewilligung von Leistungen zur Sicherung des Lebensunterhalts",
    body: "\
Sehr geehrter Herr Al-Hamadi,

auf Ihren Antrag vom 3. März 2026 bewilligen wir Ihnen Bürgergeld für die Zeit vom 1. April
bis zum 30. September 2026 in Höhe von monatlich 1.043,27 Euro. In diesem Betrag sind die
Kosten der Unterkunft mit 480,27 Euro enthalten, welche wir unmittelbar an Ihren Vermieter
überweisen. Die Auszahlung erfolgt jeweils am letzten Werktag des Vormonats.

Sie sind verpflichtet, uns jede Änderung Ihrer Verhältnisse unverzüglich mitzuteilen, vor
allem die Aufnahme einer Beschäftigung, einen Umzug oder den Zuzug weiterer Personen. Über
zahlreiche Änderungen können Sie uns auch elektronisch benachrichtigen; die Zugangsdaten
erhalten Sie getrennt mit der Post. Wer falsche Angaben macht, muss die Leistungen erstatten.

Gegen diesen Bescheid können Sie innerhalb eines Monats nach Bekanntgabe Widerspruch einlegen.
Der Widerspruch ist schriftlich oder zur Niederschrift bei der oben genannten Stelle zu
erheben. Er hat keine aufschiebende Wirkung, das heißt, der Bescheid gilt zunächst weiter.

Hochachtungsvoll

Im Auftrag
Krüger",
    columns: [
        "\
Anspruch haben Personen, die das
fünfzehnte Lebensjahr vollendet haben,
erwerbsfähig und hilfebedürftig sind
und ihren gewöhnlichen Aufenthalt in
der Bundesrepublik Deutschland haben.

Hilfebedürftig ist, wer den eigenen
Lebensunterhalt nicht aus Einkommen
oder Vermögen bestreiten kann und die
nötige Hilfe auch nicht von anderen,
etwa von Angehörigen, bekommt.",
        "\
Zum Einkommen gehören alle Einnahmen
in Geld. Freibeträge für Erwerbstätige
werden davon abgezogen, ebenso die
Steuern und die Pflichtbeiträge.

Vermögen ist alles, was verwertet
werden kann. Ein angemessener Hausrat
und ein Kraftfahrzeug bleiben außer
Betracht, ebenso Ersparnisse bis zur
gesetzlichen Höchstgrenze.",
    ],
    under_columns: "Weitere Hinweise entnehmen Sie bitte dem beigefügten Merkblatt auf den Seiten 4 und 5.",
    introduction: "\
die monatlichen Leistungen wurden aus den nachstehenden Beträgen errechnet, wobei das
Einkommen aus Ihrer Nebentätigkeit bereits berücksichtigt ist:",
    rows: [
        ["Leistung", "Monate", "Betrag"],
        ["Regelbedarf für Alleinstehende", "6", "563,00 Euro"],
        ["Grundmiete", "6", "351,15 Euro"],
        ["Betriebskosten", "6", "74,62 Euro"],
        ["Heizkosten und Warmwasser", "6", "54,50 Euro"],
        ["Gesamtbetrag", "6", "1.043,27 Euro"],
    ],
    under_table: "\
Bitte bewahren Sie diese Aufstellung auf, da sie für die Steuererklärung benötigt wird.",
};

/// Returns the letter to a tenant on one page.
pub(crate) fn letter() -> Page {
    TENANT.page()
}

/// Returns the letter to a tenant with two columns.
pub(crate) fn columns() -> Page {
    TENANT.columns()
}

/// Returns the letter to a tenant with a table.
pub(crate) fn table() -> Page {
    TENANT.table()
}

impl Letter {
    /// Returns the letter on one page.
    pub(crate) fn page(&self) -> Page {
        self.heading().lines(62.0, 315.0, 11.0, 15.0, self.body)
    }

    fn heading(&self) -> Page {
        Page::new(self.font)
            .lines(360.0, 80.0, 11.0, 15.0, self.sender)
            .lines(62.0, 150.0, 11.0, 15.0, self.address)
            .text(62.0, 270.0, 14.0, self.subject)
    }

    /// Returns the letter with two columns of rules under its heading.
    pub(crate) fn columns(&self) -> Page {
        let [left, right] = self.columns;
        self.heading()
            .lines(62.0, 320.0, 11.0, 15.0, left)
            .lines(320.0, 320.0, 11.0, 15.0, right)
            .text(62.0, 520.0, 11.0, self.under_columns)
    }

    /// Returns the letter with a table under its heading.
    pub(crate) fn table(&self) -> Page {
        let mut page = self
            .heading()
            .lines(62.0, 315.0, 11.0, 15.0, self.introduction);
        for (row, [position, share, amount]) in self.rows.iter().enumerate() {
            let y = 370.0 + 20.0 * row as f32;
            let rule = 842.0 - y - 6.0;
            page = page
                .text(62.0, y, 11.0, position)
                .text(300.0, y, 11.0, share)
                .text(400.0, y, 11.0, amount)
                .drawing(&format!("0.5 w 57 {rule} m 500 {rule} l S"));
        }
        page.lines(62.0, 510.0, 11.0, 15.0, self.under_table)
    }

    /// Returns the letter with notes in handwriting beside it: strokes that no font has.
    pub(crate) fn handwriting(&self) -> Page {
        let mut page = self.page().drawing("2 w 1 J 1 j");
        for row in 0..5_u8 {
            let y = 665.0 - 22.0 * f32::from(row);
            let mut strokes = format!("250 {y} m ");
            for loops in 0..12_u8 {
                let x = 250.0 + 8.0 * f32::from(loops);
                // Loops of different heights, joined as in handwriting.
                let height = 6.0 + f32::from((loops * 7 + row * 5) % 11);
                let _ = write!(
                    strokes,
                    "{} {} {} {} {} {y} c ",
                    x + 9.0,
                    y + height,
                    x - 3.0,
                    y + height,
                    x + 7.0
                );
            }
            page = page.drawing(&format!("{strokes} S"));
        }
        page
    }
}
