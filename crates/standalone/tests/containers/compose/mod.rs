//! Tests with `docker compose`, in their own projects.
//!
//! - [`faults`]: services that are killed, paused, disconnected or out of disk space
//! - [`files`]: the files as Compose and Swarm read them
//! - [`images`]: content of the images
//! - [`original`]: the volume of the original app
//! - [`scenarios`]: start, restart, backup and restore
//! - [`sql_page`]: statements of the SQL page, on and off
//! - [`stack`]: the three services

mod faults;
mod files;
mod images;
mod original;
mod scenarios;
mod sql_page;
mod stack;

use libtest_mimic::Trial;

use crate::{
    privileges, scenarios as shared,
    suite::{self, Scenario},
};
use stack::Stack;

/// All tests of this suite. They can run alone and in any order.
const ALL: [(&str, Scenario<Stack>); 25] = [
    ("it_starts_from_nothing", scenarios::from_nothing),
    (
        "the_page_translates_and_mysql_has_the_row",
        shared::row_in_mysql,
    ),
    ("every_service_can_be_restarted", scenarios::restarts),
    ("rows_survive_down_and_up", shared::rows_survive),
    ("the_readme_backs_up_and_restores", scenarios::backup),
    ("services_find_each_other_by_name", shared::names),
    (
        "the_readme_takes_over_the_volume_of_the_original",
        original::taken_over,
    ),
    ("compose_and_swarm_read_the_same", files::same),
    ("hostile_statements_harm_nobody", sql_page::hostile),
    ("the_sql_page_is_off_without_its_secret", sql_page::off),
    (
        "the_readme_turns_the_sql_page_on_for_an_old_volume",
        sql_page::old_volume,
    ),
    ("secrets_come_by_file_only", privileges::secrets),
    ("containers_have_no_privileges", privileges::containers),
    (
        "containers_gain_no_privileges",
        privileges::no_new_privileges,
    ),
    ("only_the_page_is_published", privileges::network),
    ("the_database_account_has_few_rights", privileges::account),
    ("images_are_small", images::sizes),
    ("images_list_what_is_compiled_in", images::components),
    ("a_database_that_is_killed_loses_nothing", faults::killed),
    ("a_database_that_is_silent_loses_nothing", faults::silent),
    ("a_database_that_is_cut_off_loses_nothing", faults::cut_off),
    (
        "a_database_that_never_starts_holds_nothing_up",
        faults::never_there,
    ),
    ("a_database_that_is_full_loses_nothing", faults::full),
    ("a_running_text_survives_a_killed_backend", faults::backend),
    (
        "a_running_text_survives_a_killed_frontend",
        faults::frontend,
    ),
];

/// Returns the tests of this suite.
pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    suite::trials("compose", &ALL)
}
