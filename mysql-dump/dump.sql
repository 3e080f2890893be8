-- Run by the MySQL image once, on an empty volume. The table of the original app; the frontend
-- adds to it at its start what the history needs, here and on a volume of the original app alike.
USE translation;
CREATE TABLE IF NOT EXISTS translations(
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    text_de LONGTEXT,
    text_en LONGTEXT
) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
