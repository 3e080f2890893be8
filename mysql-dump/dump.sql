-- Run once by the MySQL image, on an empty volume. Creates the table of the original app. At its
-- start the frontend adds the columns that the history needs, also on a volume of the original app.
USE translation;
CREATE TABLE IF NOT EXISTS translations(
    id INT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY,
    text_de LONGTEXT,
    text_en LONGTEXT
) CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_520_ci;
