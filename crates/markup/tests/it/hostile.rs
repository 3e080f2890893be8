//! Inputs that are meant to cost much. Work that grows with the square of their size would take
//! minutes here, and recursion would overflow the stack.

use std::convert::Infallible;

use markup::{Builder, Link, MarkKind, Marked, Segment, XmlRules, html, project, xhtml, xml};

const COUNT: usize = 10_000;

/// Asserts that a translation into the same text keeps everything, whatever reads the source.
fn assert_kept(source: &str) {
    let identity = |segment: Segment| {
        let text = segment.text.clone();
        Ok::<_, Infallible>(Some(project(&segment, &text, &[])))
    };
    let words = |segment: Segment| {
        let text = segment.text.to_uppercase();
        Ok::<_, Infallible>(Some(project(&segment, &text, &[])))
    };
    let tags = |text: &str| text.matches('<').count();
    let kept = html(source, |_| Ok::<_, Infallible>(None));
    assert_eq!(kept.as_deref(), Ok(source));
    for translated in [
        html(source, identity).ok(),
        html(source, words).ok(),
        xhtml(source, words).ok(),
        xml(source, &XmlRules::default(), words).ok(),
    ] {
        let translated = translated.expect("no unit fails");
        assert!(tags(&translated) >= tags(source));
    }
}

#[test]
fn deep_elements() {
    for name in ["div", "b", "code", "x", "pre", "sup", "svg", "a href=x"] {
        let end = name.split(' ').next().unwrap_or_default();
        let open = format!("<{name}>").repeat(COUNT);
        let close = format!("</{end}>").repeat(COUNT);
        assert_kept(&format!("{open}Text im Haus{close}"));
        assert_kept(&format!("{open}Text im Haus"));
        assert_kept(&format!("Text im Haus{close}"));
        assert_kept(&format!(
            "Anfang {}Ende",
            format!("<{name}>Text </{end}>").repeat(COUNT)
        ));
    }
}

#[test]
fn stray_tags() {
    assert_kept(&"<b>Text </i>".repeat(COUNT));
    assert_kept(&format!(
        "{}{}",
        "<b>".repeat(COUNT),
        "</i>Text ".repeat(COUNT)
    ));
    assert_kept(&format!("<p translate=no>{}", "<b></i>".repeat(COUNT)));
    assert_kept(&"Eins<br>zwei".repeat(COUNT));
    assert_kept(&"<br>".repeat(COUNT));
    assert_kept(&"<sup>1</sup>".repeat(COUNT));
}

#[test]
fn tokens_without_an_end() {
    for part in [
        "<!--",
        "<a b='",
        "<?",
        "<![CDATA[",
        "<!DOCTYPE [",
        "<",
        "&",
        "</",
        "<a ",
        "--",
        "]]",
    ] {
        let source = part.repeat(COUNT);
        let kept = html(&source, |_| Ok::<_, Infallible>(None));
        assert_eq!(kept.as_deref(), Ok(&*source));
        let kept = xhtml(&source, |_| Ok::<_, Infallible>(None));
        assert_eq!(kept.as_deref(), Ok(&*source));
    }
    for name in ["script", "style", "textarea"] {
        assert_kept(&format!("<{name}></{name}>Text ").repeat(COUNT));
        assert_kept(&format!("<{name}>{}", "</scrip <!-- <script".repeat(COUNT)));
    }
    assert_kept(&"<title></title>Text ".repeat(COUNT));
}

#[test]
fn many_attributes() {
    let attributes = " title='Ein Titel' x=y".repeat(COUNT);
    assert_kept(&format!("Ein <b{attributes}>Haus</b>"));
}

/// Links as an engine gives them: from each word to some in reverse order.
fn reversed(source: &str, translation: &str) -> Vec<Link> {
    let words = |text: &str| -> Vec<_> {
        text.split(' ')
            .scan(0, |at, word| {
                let start = *at;
                *at += word.len() + 1;
                Some(start..start + word.len())
            })
            .collect()
    };
    let sources = words(source);
    words(translation)
        .into_iter()
        .zip(sources.iter().rev().cycle())
        .enumerate()
        .flat_map(|(index, (target, source))| {
            let other = &sources[index * 7919 % sources.len()];
            [(source, 60), (other, 40)].map(|(source, weight)| Link {
                target: target.clone(),
                source: source.clone(),
                weight,
            })
        })
        .collect()
}

/// Asserts that marks that `add` puts on 15 000 words come through, and that the result is not
/// much longer than the source.
fn assert_projected(add: impl Fn(&mut Builder, usize)) {
    let mut builder = Builder::collapsing();
    for index in 0..15_000 {
        add(&mut builder, index);
        builder.text(" Wörter");
    }
    let segment = builder.finish();
    assert!(segment.marks.len() + segment.points.len() >= 4_990);
    for translation in ["word ".repeat(12_000), "word".to_owned(), "word ".repeat(3)] {
        for links in [reversed(&segment.text, &translation), Vec::new()] {
            let marked = project(&segment, &translation, &links);
            assert!(marked.is_faithful(&segment, &translation));
            assert!(marked.pieces.len() < 100_000, "{}", marked.pieces.len());
        }
    }
    assert!(Marked::untranslated(&segment).is_faithful(&segment, &segment.text));
}

#[test]
fn many_marks_side_by_side() {
    for kind in [MarkKind::Style, MarkKind::Link] {
        assert_projected(|builder, index| {
            let id = u32::try_from(index / 3).unwrap_or_default();
            match index % 3 {
                0 => builder.open(id, kind),
                2 => builder.close(id),
                _ => {}
            }
        });
    }
}

#[test]
fn many_marks_in_each_other() {
    for kind in [MarkKind::Style, MarkKind::Link] {
        assert_projected(|builder, index| {
            if index < 5_000 {
                builder.open(u32::try_from(index).unwrap_or_default(), kind);
            } else if index >= 10_000 {
                builder.close(u32::try_from(14_999 - index).unwrap_or_default());
            }
        });
    }
}

#[test]
fn many_marks_on_the_same_words() {
    for kind in [MarkKind::Style, MarkKind::Link] {
        assert_projected(|builder, index| {
            if index == 7_000 {
                (0..5_000).for_each(|id| builder.open(id, kind));
            } else if index == 9_000 {
                (0..5_000).rev().for_each(|id| builder.close(id));
            }
        });
    }
}

#[test]
fn many_points() {
    assert_projected(|builder, index| {
        if index % 3 == 0 {
            builder.point(u32::try_from(index).unwrap_or_default(), true);
        }
    });
    assert_projected(|builder, index| {
        if index == 7_000 {
            (0..5_000).for_each(|id| builder.point(id, false));
        }
    });
}
