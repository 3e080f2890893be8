//! A letter to a tenant.

use std::fmt::Write as _;

use crate::pdf::Page;

/// Lines of the main part.
const BODY: &str = "\
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
Verwaltung";

const SENDER: &str = "\
Hausverwaltung Sonnenhof GmbH
Telefon 0341 998877
Zimmer 12, Montag bis Freitag";

const ADDRESS: &str = "\
Frau
Olena Kovalenko
Musterstraße 12
04275 Leipzig";

/// Returns the letter on one page.
pub(crate) fn letter() -> Page {
    heading().lines(62.0, 315.0, 11.0, 15.0, BODY)
}

fn heading() -> Page {
    Page::default()
        .lines(360.0, 80.0, 11.0, 15.0, SENDER)
        .lines(62.0, 150.0, 11.0, 15.0, ADDRESS)
        .text(62.0, 270.0, 14.0, "Schaden an der Heizung in Ihrer Wohnung")
}

/// Returns the letter with two columns of rules under its heading.
pub(crate) fn columns() -> Page {
    let left = "\
Die Treppen und Flure im Haus sind
immer frei zu halten, damit im Fall
eines Brandes niemand gefährdet ist.
Fahrräder gehören in den Keller oder
in den Hof, aber nicht in den Flur.

Zwischen zehn Uhr abends und sechs
Uhr morgens ist im ganzen Haus Ruhe.
Wer ein Fest feiern will, spricht es
vorher mit den Nachbarn ab und hängt
einen Zettel an die Tür des Hauses.";
    let right = "\
Die Reinigung der Treppe übernehmen
die Mieter der Wohnungen im Wechsel.
Ein Plan hängt neben den Briefkästen
im Eingang und gilt für ein Jahr.

Müll wird nach Papier, Glas, Bio und
Restmüll getrennt. Sperrige Sachen
holt die Stadt nach einem Anruf ab,
sie dürfen nicht im Keller und nicht
auf dem Gehweg abgestellt werden.";
    heading()
        .lines(62.0, 320.0, 11.0, 15.0, left)
        .lines(320.0, 320.0, 11.0, 15.0, right)
        .text(
            62.0,
            520.0,
            11.0,
            "Diese Regeln gelten für alle, die in dem Haus wohnen, und auch für ihre Gäste.",
        )
}

/// Returns the letter with a table under its heading.
pub(crate) fn table() -> Page {
    let rows = [
        ("Position", "Anteil", "Betrag"),
        ("Heizung und warmes Wasser", "60 %", "412,80 Euro"),
        ("Müllabfuhr", "20 %", "137,60 Euro"),
        ("Reinigung der Treppe", "15 %", "103,20 Euro"),
        ("Licht im Treppenhaus", "5 %", "34,40 Euro"),
        ("Summe", "100 %", "688,00 Euro"),
    ];
    let introduction = "\
die Nebenkosten für das vergangene Jahr setzen sich aus den folgenden Positionen
zusammen, die wir nach der Fläche Ihrer Wohnung berechnet haben:";
    let end = "\
Bitte überweisen Sie den Betrag innerhalb von vierzehn Tagen auf unser Konto.";
    let page = heading().lines(62.0, 315.0, 11.0, 15.0, introduction);
    let page = rows
        .iter()
        .enumerate()
        .fold(page, |page, (row, (position, share, amount))| {
            let y = 370.0 + 20.0 * row as f32;
            page.text(62.0, y, 11.0, position)
                .text(300.0, y, 11.0, share)
                .text(400.0, y, 11.0, amount)
                .drawing(&format!(
                    "0.5 w 57 {} m 500 {} l S",
                    842.0 - y - 6.0,
                    842.0 - y - 6.0
                ))
        });
    page.lines(62.0, 510.0, 11.0, 15.0, end)
}

/// Returns the letter with notes in handwriting beside it: strokes that no font has.
pub(crate) fn handwriting() -> Page {
    let mut page = letter().drawing("2 w 1 J 1 j");
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
