//! Kinds of things that each have a word: in files, in JSON, on a screen.

/// Makes an enum whose every kind is given with its word, the list of all of them (`ALL`, in the order
/// given), and the function that tells the word.
macro_rules! worded {
    (
        $(#[$doc:meta])* enum $name:ident;
        $(#[$all_doc:meta])* ALL;
        $(#[$word_doc:meta])* fn $word:ident;
        $($(#[$kind_doc:meta])* $kind:ident = $text:literal),+ $(,)?
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$kind_doc])* $kind),+ }

        impl $name {
            $(#[$all_doc])*
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            $(#[$word_doc])*
            pub fn $word(self) -> &'static str {
                match self { $(Self::$kind => $text),+ }
            }
        }
    };
}

pub(crate) use worded;
