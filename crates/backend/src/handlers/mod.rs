//! Handlers, one file per topic.

pub(crate) mod docs;
pub(crate) mod model;
pub(crate) mod probes;
pub(crate) mod root;
pub(crate) mod stream;
pub(crate) mod translate;
