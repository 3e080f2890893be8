//! The volume of the original app.

use std::fs;

use anyhow::ensure;

use super::stack::Stack;
use crate::{docker, privileges::few_rights, readme, services::Services as _, until::until};

/// File that the original has in `docker-entrypoint-initdb.d`, word for word.
const DUMP: &str = "USE translation; CREATE TABLE IF NOT EXISTS translations(\
     id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY, text_de LONGTEXT, text_en LONGTEXT);";

/// Rows of the original, which lost the line breaks of translations.
const ROWS: &str = "insert into translations(text_de, text_en) values \
     ('Sehr geehrte Damen und Herren,\\n\\nüber Ihr Angebot freuen wir uns.', \
      'Dear Sir or Madam, We are pleased about your offer.'), ('Grüezi', 'Hello')";

const USER: &str = "flask";
const PASSWORD: &str = "old password";
const ROOT_PASSWORD: &str = "old root password";

/// The stopped database of the original app. Dropping it removes the container and the volume.
struct Original {
    name: String,
}

impl Original {
    fn new(stack: &Stack) -> anyhow::Result<Self> {
        let original = Self {
            name: format!("{}-original", stack.name()),
        };
        original.remove();
        let dump = stack.folder().path().join("original-dump");
        fs::create_dir(&dump)?;
        fs::write(dump.join("dump.sql"), DUMP)?;
        docker::run([
            "run",
            "--detach",
            "--network=none",
            "--name",
            &original.name,
            "--volume",
            &format!("{}:/var/lib/mysql", original.name),
            "--volume",
            &format!("{}:/docker-entrypoint-initdb.d:ro", dump.display()),
            "--env=MYSQL_DATABASE=translation",
            &format!("--env=MYSQL_USER={USER}"),
            &format!("--env=MYSQL_PASSWORD={PASSWORD}"),
            &format!("--env=MYSQL_ROOT_PASSWORD={ROOT_PASSWORD}"),
            "mysql:9.7",
        ])?;
        let password = format!("MYSQL_PWD={PASSWORD}");
        let exec = ["exec", "--env", &password, &original.name];
        let client = ["mysql", "-h", "127.0.0.1", "-u", USER, "translation"];
        let charset = ["--default-character-set=utf8mb4", "-e"];
        let ask = |query| docker::run(exec.into_iter().chain(client).chain(charset).chain([query]));
        until("the original's database answers", || {
            ask("select 1").map(|_| true)
        })?;
        ask(ROWS)?;
        docker::run(["stop", &original.name])?;
        Ok(original)
    }

    fn remove(&self) {
        // They exist only if an earlier run was killed.
        let _ = docker::run(["rm", "--force", &self.name]);
        let _ = docker::run(["volume", "rm", &self.name]);
    }
}

impl Drop for Original {
    fn drop(&mut self) {
        self.remove();
    }
}

pub(super) fn taken_over(_: &Stack) -> anyhow::Result<()> {
    let stack = Stack::new("takes-over")?;
    let original = Original::new(&stack)?;
    for (name, value) in [
        ("db_root_password", ROOT_PASSWORD),
        ("db_user", USER),
        ("db_password", PASSWORD),
    ] {
        let file = stack.folder().path().join("secrets").join(name);
        fs::remove_file(&file)?;
        fs::write(&file, value)?;
    }
    let readme = readme::commands("**The volume of the original Flask app**")?;
    let name = "flask_unlimited_translation_database_volume";
    ensure!(readme.contains(name), "{readme}");
    stack.shell(&readme.replace(name, &original.name))?;

    stack.until("the history shows the rows", || {
        let history = stack.browser().get("/history")?.html;
        Ok(history.contains("Grüezi") && history.contains("We are pleased about your offer."))
    })?;
    let history = stack.browser().get("/history")?.html;
    let path = history
        .split('"')
        .find(|path| path.starts_with("/translations/") && path.matches('/').count() == 2);
    let page = stack.browser().get(path.unwrap_or_default())?;
    ensure!(page.status == 200, "status {}", page.status);

    let german = "Der Zug kommt heute.";
    stack.browser().translate(german)?;
    stack.stored(german)?;
    ensure!(stack.rows("")? == 3, "rows are missing");
    let page = stack.browser().query("SELECT * FROM translations;")?;
    ensure!(page.html.contains("3 rows"), "{}", page.html);
    few_rights(&stack, USER)
}
