//! Cells of a line.

use crate::check;

#[test]
fn tabs_and_runs_of_spaces_separate() {
    check("⟦Der Apfel⟧\t⟦3⟧\t⟦1,50⟧");
    check("⟦Anna⟧\t⟦12⟧\t⟦30⟧\n⟦Tom⟧\t\t⟦5⟧\t\n");
    check("⟦Apfel⟧      ⟦3⟧      ⟦1,50⟧");
    check("⟦Name:⟧     ⟦Müller⟧\n⟦Wohnort:⟧  ⟦St. Gallen⟧\r\n");
    check("⟦Summe⟧ \t ⟦12.–⟧");
    check("⟦Er kam heim.⟧  ⟦Dann ass er.⟧   ⟦Es war gut!⟧");
    // Two spaces cannot survive inside a sentence.
    check("⟦Der Hund⟧  ⟦schläft im Garten.⟧");
    check("1.\t⟦Erstens⟧\t⟦Ja.⟧ ⟦Nein.⟧");
    // One no-break space is one space.
    check("⟦Das sind 5\u{a0}km.⟧");
}

#[test]
fn bars_separate() {
    check("⟦Name⟧|⟦Preis⟧|⟦Datum⟧");
    check("| ⟦Der Hund⟧ | ❌ | ✅ |");
    check("|⟦Die Katze⟧|🙂|\n|---|:-:|\n| ⟦Ja.⟧ ⟦Das ist sie.⟧ |");
    check("⟦Tagesschau⟧ | ⟦20 Uhr⟧");
    check("│ ⟦Menge⟧ │ ⟦Preis⟧ │");
    // Empty cells.
    check("⟦a1⟧||⟦b2⟧|⟦c3⟧");
}

#[test]
fn bars_in_code_and_placeholders_do_not() {
    check("⟦Der Befehl `ls | wc` zählt.⟧");
    check("⟦Mit `a || b` geht es.⟧");
    check("⟦Das gilt für a || b und c.⟧");
    check("⟦Es sind {count|0} Hunde.⟧ ⟦Und {{ name|upper }}.⟧");
    check("⟦Siehe [[Haus|das Haus]] dort.⟧");
    check("⟦Ein \\| ist kein Strich.⟧");
    check("| ⟦Der Befehl `ls | wc`⟧ | ⟦zählt⟧ |");
    check("⟦Ein ` allein⟧ | ⟦bleibt⟧");
}

#[test]
fn tags_of_lines_and_cells_separate() {
    check("<ul><li>⟦Apfel⟧</li><li>⟦Die <b>rote</b> Birne.⟧</li></ul>");
    check("<td>⟦12⟧</td><TD class=\"a\">⟦Hund⟧</TD>");
    check("⟦Guten Morgen.⟧<br />⟦Wie geht es?⟧");
    check("⟦Das <pre>x</pre> und <b>das</b> hier.⟧");
}

#[test]
fn leaders_separate() {
    check("⟦2 Garten⟧ ........ ⟦17⟧");
    check("⟦Vorwort⟧....⟦3⟧");
    check("⟦Einleitung⟧ . . . . . ⟦5⟧");
    check("⟦Anhang⟧ ……… ⟦99⟧");
    check("⟦Name:⟧ ____________ ⟦Datum:⟧ ________");
    check("⟦Kapitel 1⟧ ------ ⟦7⟧");
    // Ellipses and dashes are no leaders.
    check("⟦Nun ... ich weiss … nicht ...⟧ ⟦Vielleicht – oder -- nein.⟧");
    check("⟦Die Variable __NAME__ bleibt.⟧");
}

#[test]
fn semicolons_and_commas_separate_in_rows() {
    check("⟦Name⟧;⟦Preis⟧;⟦Datum⟧");
    check("⟦Apfel⟧;⟦3⟧;⟦1,50⟧");
    check("⟦Müller, Hans⟧;⟦St. Gallen⟧;⟦Std.⟧;;⟦4⟧;");
    check("⟦Anna⟧,⟦12⟧,⟦Bern⟧");
    check("⟦4711⟧;⟦\"Ein Stuhl; rot, aus Holz\"⟧;⟦12⟧");
    check("⟦\"Meier, Anna\"⟧,⟦\"Bern\"⟧,⟦3000⟧");
    check("⟦Apfel⟧,⟦3⟧,⟦1.50⟧");
    check("⟦Anna⟧,⟦1⟧,⟦2⟧,⟦3⟧");
    check("⟦{ein⟧ | ⟦aus}⟧");
}

#[test]
fn semicolons_and_commas_do_not_separate_in_prose() {
    check("⟦Er kam; sie ging; es war gut.⟧");
    check("⟦Er kam;sie ging;es war gut.⟧");
    check("⟦Es kostet 1,50 oder 2,75 oder 3,25.⟧");
    check("⟦Der Hund,die Katze,das Pferd.⟧");
    check("⟦M&uuml;ller&amp;S&ouml;hne⟧");
    check("⟦Siehe http://a.example/b;c=1;d=2 dort⟧");
    check("⟦Hallo ;-) na ;-) du⟧");
    check("⟦Ja,nein⟧");
    check("⟦<b style=\"color:red;width:1px;height:2px\">Hallo⟧");
}
