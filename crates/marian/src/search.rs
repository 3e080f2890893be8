//! Greedy and beam search, with the semantics of Hugging Face transformers (`generate`, version
//! 4.57). Each row is searched as if it were alone, even where transformers considers the whole
//! batch, as for `max_length` and the end of the loop.

mod hypotheses;
mod settings;

use crate::network::{Decoding, Wanted};
use crate::{Error, Hypothesis, Network, Row};
use hypotheses::{Hypotheses, Partial};
pub use settings::Search;

/// Translates rows in one batch, and returns their hypotheses in the order of the rows.
///
/// # Errors
/// Returns [`Error::Input`] for a row that does not fit the model, or the error of a failed
/// computation.
pub fn generate(
    network: &Network,
    rows: &[Row],
    search: &Search,
) -> Result<Vec<Hypothesis>, Error> {
    let mut batch = Batch::default();
    batch.add(network, (0..).zip(rows.iter().cloned()).collect())?;
    let mut found = Vec::with_capacity(rows.len());
    while batch.rows() > 0 {
        found.extend(batch.step(network, search)?);
    }
    found.sort_unstable_by_key(|(key, _)| *key);
    Ok(found
        .into_iter()
        .map(|(_, hypothesis)| hypothesis)
        .collect())
}

/// Rows that are decoded together, each identified by a key. Rows may be added before any step, and
/// leave as soon as they are finished.
///
/// The result of a row does not depend on the other rows.
#[derive(Debug, Default)]
pub(crate) struct Batch {
    decoding: Decoding,
    /// In the order of the decoding's sentences.
    running: Vec<(u64, Row, Hypotheses)>,
}

impl Batch {
    /// Returns the number of rows.
    pub(crate) fn rows(&self) -> usize {
        self.running.len()
    }

    /// Drops all rows except those whose keys `keep` accepts.
    pub(crate) fn retain(&mut self, keep: impl Fn(u64) -> bool) {
        let mut parents = Vec::new();
        let mut first = 0;
        self.running.retain(|(key, _, hypotheses)| {
            let rows = first..first + hypotheses.running().len();
            first = rows.end;
            let is_kept = keep(*key);
            if is_kept {
                parents.extend(rows);
            }
            is_kept
        });
        self.decoding.select(&parents);
    }

    /// Encodes rows, all at once, and adds them.
    ///
    /// # Errors
    /// Returns [`Error::Input`] for a row that does not fit the model, or the error of a failed
    /// computation; in either case no row was added.
    pub(crate) fn add(&mut self, network: &Network, rows: Vec<(u64, Row)>) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        for (_, row) in &rows {
            row.check(network.positions(), network.source_vocabulary())?;
        }
        let sources: Vec<&[u32]> = rows.iter().map(|(_, row)| row.ids.as_slice()).collect();
        let align = rows.iter().any(|(_, row)| row.align);
        let added = network.start(&network.encode(&sources)?, align);
        self.decoding.join(added);
        // Every sentence begins with one hypothesis: equal beams would all find the same.
        let begin = |(key, row): (u64, Row)| {
            let hypotheses = Hypotheses::new(&row, network.start_id());
            (key, row, hypotheses)
        };
        self.running.extend(rows.into_iter().map(begin));
        Ok(())
    }

    /// Runs one step of all rows, and returns the rows that it finished.
    ///
    /// # Errors
    /// Returns the error of a failed computation.
    pub(crate) fn step(
        &mut self,
        network: &Network,
        search: &Search,
    ) -> Result<Vec<(u64, Hypothesis)>, Error> {
        let partials: Vec<(&Row, &Partial)> = self
            .running
            .iter()
            .flat_map(|(_, row, hypotheses)| {
                let running = hypotheses.running().iter();
                running.map(move |partial| (row, partial))
            })
            .collect();
        let ids: Vec<u32> = partials.iter().map(|(_, partial)| partial.last()).collect();
        let wanted: Vec<Wanted> = partials
            .iter()
            .map(|(row, partial)| partial.wanted(row, search))
            .collect();
        let found = network.step(&mut self.decoding, &ids, &wanted)?;

        let mut continuations: Vec<_> = partials
            .iter()
            .zip(found)
            .map(|((row, partial), found)| partial.continuations(row, search, &found))
            .collect();

        let mut first = 0;
        let mut parents = Vec::with_capacity(ids.len());
        let alignment = self.decoding.alignment();
        let advance = |(_, row, hypotheses): &mut (u64, Row, Hypotheses)| {
            let rows = first..first + hypotheses.running().len();
            let kept = hypotheses.advance(
                row,
                search,
                &mut continuations[rows.clone()],
                &alignment[rows.clone()],
            );
            parents.extend(kept.iter().map(|parent| first + parent));
            first = rows.end;
            kept.is_empty()
        };
        let finished = self
            .running
            .extract_if(.., advance)
            .map(|(key, _, mut hypotheses)| (key, hypotheses.best(search)))
            .collect();
        self.decoding.select(&parents);
        Ok(finished)
    }
}
