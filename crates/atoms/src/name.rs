//! Names of people in address lines and fields: `Ursula König`, `Kunde: Anna Meier`.

use std::ops::Range;

use crate::date::german_month;

/// Common given names in Germany, Austria and Switzerland that are no other words.
#[rustfmt::skip] // Several names in a line.
const GIVEN: [&str; 469] = [
    "Achim", "Adam", "Adelheid", "Adrian", "Agnes", "Albert", "Alessandro", "Alex", "Alexander",
    "Alexandra", "Alfons", "Alfred", "Alice", "Alina", "Amelie", "Ana", "Andrea", "Andreas",
    "Andrej", "Angela", "Angelika", "Anita", "Anja", "Anna", "Annegret", "Annelies", "Anneliese",
    "Annemarie", "Annette", "Anni", "Anton", "Antonia", "Antonio", "Arno", "Arthur", "Astrid",
    "Axel", "Barbara", "Beat", "Beate", "Beatrice", "Beatrix", "Benedikt", "Benjamin", "Bernadette",
    "Bernd", "Bernhard", "Bernhardt", "Bettina", "Bianca", "Birgit", "Bjoern", "Björn", "Brigitte",
    "Britta", "Bruno", "Carina", "Carla", "Carmen", "Carola", "Carolin", "Caroline", "Carsten",
    "Charlotte", "Christa", "Christel", "Christiane", "Christina", "Christine", "Christoph",
    "Christopher", "Clara", "Claudia", "Claus", "Corinna", "Cornelia", "Dagmar", "Damian", "Daniel",
    "Daniela", "David", "Denis", "Dennis", "Detlef", "Diana", "Dieter", "Dietmar", "Dirk",
    "Dominik", "Dominique", "Dora", "Doris", "Dorothea", "Eckhard", "Edith", "Eduard", "Elena",
    "Eleonore", "Elfriede", "Elias", "Elisa", "Elisabeth", "Elke", "Ella", "Ellen", "Elsbeth",
    "Elvira", "Emil", "Emilia", "Emma", "Erich", "Erik", "Erika", "Erna", "Ernst", "Erwin",
    "Esther", "Eugen", "Eva", "Evelin", "Evelyn", "Fabian", "Fabienne", "Fatma", "Felix",
    "Ferdinand", "Finn", "Florian", "Frank", "Franz", "Franziska", "Frederik", "Friederike",
    "Friedrich", "Fritz", "Gabi", "Gabriel", "Gabriela", "Gabriele", "Georg", "Gerald", "Gerd",
    "Gerda", "Gerhard", "Gerlinde", "Gertrud", "Gian", "Gina", "Giovanni", "Gisela", "Giulia",
    "Giuseppe", "Gregor", "Greta", "Gudrun", "Guido", "Gunther", "Günter", "Günther", "Hanna",
    "Hannah", "Hannelore", "Hannes", "Hans", "Hansjörg", "Hansruedi", "Harald", "Harry", "Hartmut",
    "Hedwig", "Heike", "Heiko", "Heiner", "Heinrich", "Heinz", "Helena", "Helene", "Helga",
    "Helmut", "Henning", "Henrik", "Herbert", "Heribert", "Hermann", "Hildegard", "Holger", "Horst",
    "Hubert", "Hugo", "Ida", "Ilona", "Ilse", "Ina", "Ines", "Inge", "Ingeborg", "Ingo", "Ingrid",
    "Irene", "Irma", "Irmgard", "Isabel", "Isabella", "Isabelle", "Iwan", "Jakob", "Jan", "Jana",
    "Janina", "Jannik", "Jasmin", "Jean", "Jens", "Jessica", "Joachim", "Joana", "Joel", "Johann",
    "Johanna", "Johannes", "Jolanda", "Jonas", "Jonathan", "Josef", "Josefine", "Joseph", "Judith",
    "Julia", "Julian", "Juliane", "Julius", "Jutta", "Jörg", "Jürg", "Jürgen", "Kai", "Karin",
    "Karina", "Karl", "Karla", "Karoline", "Karsten", "Kaspar", "Katharina", "Kathrin", "Katja",
    "Katrin", "Kerstin", "Kevin", "Kilian", "Klara", "Klaus", "Konrad", "Konstantin", "Kurt",
    "Lara", "Larissa", "Lars", "Laura", "Lea", "Lena", "Lennart", "Leo", "Leon", "Leonie", "Liam",
    "Lina", "Linda", "Linus", "Lisa", "Lorena", "Lorenz", "Lothar", "Louis", "Luca", "Lucas",
    "Lucia", "Luisa", "Lukas", "Lutz", "Lydia", "Magda", "Magdalena", "Maik", "Maja", "Malte",
    "Manfred", "Manuel", "Manuela", "Marc", "Marcel", "Marco", "Marcus", "Margaret", "Margareta",
    "Margarete", "Margit", "Margot", "Margrit", "Maria", "Marianne", "Marie", "Marina", "Mario",
    "Marion", "Marius", "Markus", "Marlene", "Marlies", "Martha", "Martin", "Martina", "Mathias",
    "Mathilde", "Matteo", "Matthias", "Maurice", "Max", "Maximilian", "Mehmet", "Melanie", "Mia",
    "Michael", "Michaela", "Miriam", "Mirjam", "Monica", "Monika", "Moritz", "Mustafa", "Nadine",
    "Nadja", "Natalie", "Natascha", "Nico", "Nicolas", "Nicole", "Niklas", "Nils", "Nina", "Noah",
    "Nora", "Norbert", "Olaf", "Oliver", "Olivia", "Oskar", "Otto", "Pascal", "Patricia", "Patrick",
    "Patrik", "Paul", "Paula", "Pauline", "Peter", "Petra", "Philipp", "Pia", "Pierre", "Rahel",
    "Ralf", "Ralph", "Raphael", "Regina", "Regula", "Reinhard", "Reinhold", "Renate", "René",
    "Reto", "Ricardo", "Richard", "Rita", "Robert", "Robin", "Roger", "Roland", "Rolf", "Romy",
    "Rosemarie", "Rosmarie", "Rudolf", "Ruedi", "Rupert", "Ruth", "Sabina", "Sabine", "Sabrina",
    "Samuel", "Sandra", "Sandro", "Sara", "Sarah", "Sascha", "Sebastian", "Selina", "Severin",
    "Sibylle", "Siegfried", "Sigrid", "Silke", "Silvan", "Silvia", "Simon", "Simone", "Sofia",
    "Sofie", "Sonja", "Sophia", "Sophie", "Stefan", "Stefanie", "Steffen", "Stephan", "Stephanie",
    "Susanna", "Susanne", "Sven", "Sybille", "Sylvia", "Tamara", "Tanja", "Tatjana", "Theo",
    "Theodor", "Theres", "Therese", "Thomas", "Thorsten", "Tim", "Timo", "Tina", "Tobias", "Tom",
    "Torsten", "Udo", "Ulrich", "Ulrike", "Urs", "Ursula", "Ute", "Uwe", "Valentin", "Valentina",
    "Vanessa", "Vera", "Verena", "Veronika", "Viktor", "Viktoria", "Vincent", "Volker", "Vreni",
    "Walter", "Waltraud", "Werner", "Wilfried", "Wilhelm", "Willi", "Willy", "Wolfgang", "Xaver",
    "Yannick", "Yasmin", "Yves", "Yvonne", "Zoe", "Zoë",
];
/// Titles before a name.
const TITLES: [&str; 6] = ["Dr.", "Prof.", "Dipl.-Ing.", "Ing.", "Mag.", "lic."];
/// Words inside a name that are written in small letters.
const PARTICLES: [&str; 14] = [
    "von", "van", "vom", "de", "der", "den", "del", "di", "da", "dos", "zu", "zum", "zur", "la",
];
/// Maximum number of words of a name.
const MAX_WORDS: usize = 5;
/// Maximum number of words of the label before a name: `Ihre Ansprechpartnerin:`
const MAX_LABEL_WORDS: usize = 3;

/// Returns the names of a line: the line itself, one of its fields, or the text after its label.
///
/// `has_places` says that the line has a street or a town: then its part before the first comma may
/// be a name too.
pub(crate) fn names(text: &str, has_places: bool) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    for field in text.split(['\t', '|', ';']) {
        let mut from = start;
        if let Some((label, value)) = field.split_once(':')
            && label.split_whitespace().count() <= MAX_LABEL_WORDS
        {
            from += field.len() - value.len();
        }
        let mut to = start + field.len();
        // `Anna Keller <anna@keller.example>`
        to = text[from..to].find(" <").map_or(to, |length| from + length);
        if has_places && let Some(comma) = text[from..to].find(',') {
            to = from + comma;
        }
        let value = text[from..to].trim_start();
        from = to - value.len();
        if is_name(value.trim_end()) {
            found.push(from..from + value.trim_end().len());
        }
        start += field.len() + 1;
    }
    found
}

/// Returns whether `value` is a given name and a surname, after titles.
fn is_name(value: &str) -> bool {
    let mut words = value
        .split_whitespace()
        .skip_while(|word| TITLES.contains(word));
    let Some(first) = words.next() else {
        return false;
    };
    // `Hans-Peter`
    let given = first.split('-').next().unwrap_or(first);
    if !GIVEN.contains(&given) {
        return false;
    }
    let rest: Vec<&str> = words.take(MAX_WORDS).collect();
    // `Paul Klee Ausstellung`: further words with a capital are other given names.
    let is_given = |word: &str| {
        let initial = word.strip_suffix('.').is_some();
        initial || GIVEN.contains(&word.split('-').next().unwrap_or(word))
    };
    let given = rest.iter().take_while(|word| is_given(word)).count();
    let mut surnames = rest[given.min(rest.len().saturating_sub(1))..].iter();
    let is_surname = surnames.all(|word| PARTICLES.contains(word) || Some(word) == rest.last());
    let are_months = rest.iter().all(|word| german_month(word).is_some());
    if !is_surname || german_month(first).is_some() && are_months {
        return false;
    }
    let is_capital = |word: &str| {
        let letters = word
            .strip_suffix('.')
            .filter(|initial| initial.chars().count() == 1);
        letters
            .unwrap_or(word)
            .chars()
            .all(|c| c.is_alphabetic() || matches!(c, '-' | '\'' | '’' | '\u{300}'..='\u{36f}'))
            && word.starts_with(char::is_uppercase)
    };
    rest.len() < MAX_WORDS
        && rest
            .last()
            .is_some_and(|last| is_capital(last) && !last.ends_with('.'))
        && rest
            .iter()
            .all(|word| is_capital(word) || PARTICLES.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str, has_places: bool) -> Vec<&str> {
        names(text, has_places)
            .into_iter()
            .map(|range| &text[range])
            .collect()
    }

    #[test]
    fn lines_fields_and_labelled_names() {
        for (text, name) in [
            ("Ursula König", "Ursula König"),
            ("Kunde: Anna Meier", "Anna Meier"),
            ("Von: Anna Meier <a@b.example>", "Anna Meier"),
            (
                "Ihre Ansprechpartnerin: Dr. Claudia Vogel",
                "Dr. Claudia Vogel",
            ),
            ("Apfel;Peter Graf;12", "Peter Graf"),
            ("| 12 | Hans-Peter Bauer |", "Hans-Peter Bauer"),
            (" Anna M. von der Linde ", "Anna M. von der Linde"),
            ("Anna Maria Bauer", "Anna Maria Bauer"),
            ("Jan Huber", "Jan Huber"),
        ] {
            assert_eq!(found(text, false), [name], "{text}");
        }
        assert_eq!(found("Anna Keller, Seeweg 4", true), ["Anna Keller"]);
    }

    #[test]
    fn other_lines_have_no_names() {
        for text in [
            "Ursula König kommt morgen.",
            "Anna",
            "Neue Rechnung",
            "Anna und Peter",
            "Er sagte am Abend noch: Anna Meier",
            "Anna Keller, Seeweg",
            "Thomas Betrag 12",
            "Paul Klee Ausstellung",
            "Anna Bauer Leiterin Einkauf",
            "Jan Feb Mär",
            "Jan Feb",
            "Winterthur, Anna Meier",
        ] {
            assert!(found(text, false).is_empty(), "{text}");
        }
    }
}
