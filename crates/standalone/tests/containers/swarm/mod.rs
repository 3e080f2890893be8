//! Tests with `docker stack`, in their own stacks.
//!
//! - [`book`]: one long text over several backends
//! - [`load`]: people who translate continuously
//! - [`node`]: this engine as a swarm of one
//! - [`scenarios`]: replacement of killed tasks
//! - [`secrets`]: external secrets, and changing them
//! - [`stack`]: the three services
//! - [`updates`]: scaling and replacing under load

mod book;
mod load;
mod node;
mod scenarios;
mod secrets;
mod stack;
mod updates;

use libtest_mimic::Trial;

use crate::{
    privileges, scenarios as shared,
    suite::{self, Scenario},
};
use stack::Stack;

/// All tests of this suite. They can run alone and in any order.
const ALL: [(&str, Scenario<Stack>); 14] = [
    (
        "the_page_translates_and_mysql_has_the_row",
        shared::row_in_mysql,
    ),
    ("services_find_each_other_by_name", shared::names),
    ("rows_survive_a_new_stack", shared::rows_survive),
    ("secrets_come_by_file_only", privileges::secrets),
    ("containers_have_no_privileges", privileges::containers),
    ("only_the_page_is_published", privileges::network),
    ("the_database_account_has_few_rights", privileges::account),
    ("a_killed_task_is_replaced", scenarios::killed),
    ("nobody_notices_more_and_fewer_backends", updates::scaling),
    ("nobody_notices_a_new_backend", updates::backend),
    ("a_new_frontend_loses_no_text", updates::frontend),
    ("a_new_database_loses_no_text", updates::database),
    (
        "secrets_are_made_beforehand_and_changed_as_the_readme_says",
        secrets::rotation,
    ),
    (
        "a_book_is_the_same_from_three_backends_of_which_one_dies",
        book::three_backends,
    ),
];

/// Returns the tests of this suite.
pub(crate) fn trials() -> impl Iterator<Item = Trial> {
    suite::trials("swarm", &ALL)
}
