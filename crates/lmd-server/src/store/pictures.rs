//! The table of pictures: the gallery.

use rusqlite::{OptionalExtension, Row, params};

use super::Store;
use super::fault::StoreFault;

/// A picture as it is kept; its bytes lie beside the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PictureRow {
    pub(crate) id: String,
    pub(crate) job: String,
    /// Its place among the pictures of its job.
    pub(crate) place: usize,
    pub(crate) prompt: String,
    pub(crate) seed: u64,
    pub(crate) method: String,
    pub(crate) model: String,
    pub(crate) width: usize,
    pub(crate) height: usize,
    pub(crate) bytes: u64,
    pub(crate) created_at: i64,
}

/// What is looked for in the gallery.
#[derive(Clone, Debug, Default)]
pub(crate) struct Search {
    /// Words that the prompt, the method or the model must have.
    pub(crate) words: Vec<String>,
    /// Only pictures older than this one.
    pub(crate) before: Option<String>,
    /// Most pictures.
    pub(crate) limit: usize,
}

const COLUMNS: &str = "id, job, place, prompt, seed, method, model, width, height, bytes, created_at";

impl Store {
    /// Adds a picture. One that is there already, of the same job and place, stays as it is.
    pub(crate) fn add_picture(&self, picture: &PictureRow) -> Result<(), StoreFault> {
        let sql = format!(
            "INSERT INTO pictures ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING"
        );
        let whole = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        let values = params![
            picture.id,
            picture.job,
            whole(picture.place),
            picture.prompt,
            picture.seed.to_string(),
            picture.method,
            picture.model,
            whole(picture.width),
            whole(picture.height),
            i64::try_from(picture.bytes).unwrap_or(i64::MAX),
            picture.created_at,
        ];
        self.connection().prepare(&sql)?.execute(values)?;
        Ok(())
    }

    /// A picture.
    pub(crate) fn picture(&self, id: &str) -> Result<Option<PictureRow>, StoreFault> {
        let connection = self.connection();
        let mut statement = connection.prepare(&format!("SELECT {COLUMNS} FROM pictures WHERE id = ?1"))?;
        Ok(statement.query_row([id], read).optional()?)
    }

    /// The pictures of a job, in their order.
    pub(crate) fn pictures_of(&self, job: &str) -> Result<Vec<PictureRow>, StoreFault> {
        let connection = self.connection();
        let sql = format!("SELECT {COLUMNS} FROM pictures WHERE job = ?1 ORDER BY place");
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map([job], read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest pictures first.
    pub(crate) fn search(&self, search: &Search) -> Result<Vec<PictureRow>, StoreFault> {
        let connection = self.connection();
        let mut sql = format!("SELECT {COLUMNS} FROM pictures WHERE (?1 IS NULL OR id < ?1)");
        let mut values: Vec<Box<dyn rusqlite::ToSql>> =
            vec![Box::new(search.before.clone()), Box::new(search.limit as i64)];
        for word in &search.words {
            values.push(Box::new(like(word)));
            let at = values.len();
            sql.push_str(&format!(
                " AND (prompt || ' ' || method || ' ' || model || ' ' || seed) LIKE ?{at} ESCAPE '\\'"
            ));
        }
        sql.push_str(" ORDER BY id DESC LIMIT ?2");
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map(rusqlite::params_from_iter(values), read)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Removes a picture from the gallery. Says whether it was there.
    pub(crate) fn remove_picture(&self, id: &str) -> Result<bool, StoreFault> {
        Ok(self.connection().execute("DELETE FROM pictures WHERE id = ?1", [id])? == 1)
    }

    /// The pictures made before a moment, and the oldest of those beyond so many bytes.
    pub(crate) fn outlived(
        &self,
        before: Option<i64>,
        most_bytes: Option<u64>,
    ) -> Result<Vec<String>, StoreFault> {
        let connection = self.connection();
        let sql = "SELECT id FROM (SELECT id, created_at, sum(bytes) OVER (ORDER BY id DESC) AS total FROM pictures)
                   WHERE created_at < ?1 OR total > ?2";
        let mut statement = connection.prepare(sql)?;
        let most = most_bytes.map_or(i64::MAX, |bytes| i64::try_from(bytes).unwrap_or(i64::MAX));
        let ids = statement.query_map(params![before.unwrap_or(i64::MIN), most], |row| row.get(0))?;
        Ok(ids.collect::<Result<_, _>>()?)
    }
}

/// A word as a pattern of `LIKE` that finds it anywhere.
fn like(word: &str) -> String {
    let mut pattern = String::from("%");
    for c in word.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

fn read(row: &Row<'_>) -> rusqlite::Result<PictureRow> {
    let whole = |at: usize| row.get::<_, i64>(at).map(|number| usize::try_from(number).unwrap_or_default());
    Ok(PictureRow {
        id: row.get(0)?,
        job: row.get(1)?,
        place: whole(2)?,
        prompt: row.get(3)?,
        seed: row.get::<_, String>(4)?.parse().unwrap_or_default(),
        method: row.get(5)?,
        model: row.get(6)?,
        width: whole(7)?,
        height: whole(8)?,
        bytes: whole(9)? as u64,
        created_at: row.get(10)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::new_id;

    fn picture(job: &str, place: usize, prompt: &str, bytes: u64) -> PictureRow {
        PictureRow {
            id: new_id(),
            job: job.to_owned(),
            place,
            prompt: prompt.to_owned(),
            seed: u64::MAX,
            method: "lmd".to_owned(),
            model: "bundled".to_owned(),
            width: 64,
            height: 64,
            bytes,
            created_at: 0,
        }
    }

    #[test]
    fn a_picture_is_in_the_gallery_once() {
        let store = Store::in_memory();
        store.add_picture(&picture("j", 0, "a cat", 1)).unwrap();
        store.add_picture(&picture("j", 0, "a cat", 1)).unwrap();
        assert_eq!(store.pictures_of("j").unwrap().len(), 1);
        assert_eq!(store.pictures_of("j").unwrap()[0].seed, u64::MAX);
    }

    #[test]
    fn the_gallery_is_searched_word_by_word() {
        let store = Store::in_memory();
        for (place, prompt) in ["a red Cat", "100% wool", "a cat_dog"].into_iter().enumerate() {
            store.add_picture(&picture("j", place, prompt, 1)).unwrap();
        }
        let found = |text: &str| {
            let words = text.split(' ').map(str::to_owned).collect();
            store.search(&Search { words, before: None, limit: 10 }).unwrap().len()
        };
        assert_eq!(
            (found("cat"), found("cat red"), found("%"), found("t_d"), found("none")),
            (2, 1, 1, 1, 0)
        );
        let all = store.search(&Search { limit: 2, ..Search::default() }).unwrap();
        let rest = Search { before: Some(all[1].id.clone()), limit: 2, ..Search::default() };
        assert_eq!((all.len(), store.search(&rest).unwrap().len()), (2, 1));
    }

    #[test]
    fn the_oldest_go_first() {
        let store = Store::in_memory();
        let ids: Vec<String> = (0..3)
            .map(|place| {
                let one = picture("j", place, "p", 100);
                store.add_picture(&one).unwrap();
                one.id
            })
            .collect();
        assert_eq!(store.outlived(None, Some(250)).unwrap(), [ids[0].clone()]);
        assert_eq!(store.outlived(None, None).unwrap().len(), 0);
        assert_eq!(store.outlived(Some(i64::MAX), None).unwrap().len(), 3);
    }
}
