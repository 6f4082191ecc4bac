/*
 * The spec language. Generic in its blocks: an entry is atoms and perhaps a block, and the schema of the block or
 * technique it belongs to reads them. A new sub-layer, technique or decision never touches this file.
 *
 * Newlines and brackets are put in order before the parser sees them (see TokenRepair): a NEWLINE reaches it only where
 * it ends an entry, and brackets always match. `unknown` alternatives accept what is not ours, so that one slip in a
 * headline costs one message, in our words, and not the rest of the file.
 */
grammar Dovetail;

tokens {
    // `x` between two numbers; everywhere else it is a name.
    CROSS
}

spec
    : separator* (declaration (separator+ declaration)* separator*)? EOF
    ;

declaration
    : 'import' STRING                                                                       # importFile
    | definitionKind label clause* block?                                                   # definition
    | jobVerb subject=label 'on' cluster=label ('as' alias=label)? block?                   # job
    | atom+ block?                                                                          # unknownDeclaration
    | block                                                                                 # namelessDeclaration
    ;

definitionKind
    : 'device'
    | 'link'
    | 'node'
    | 'cluster'
    | 'model'
    | 'adapter'
    | 'index'
    | 'app'
    ;

jobVerb
    : 'train'
    | 'finetune'
    | 'serve'
    | 'sample'
    ;

clause
    : 'from' label                                                                          # fromClause
    | 'extends' label                                                                       # extendsClause
    | 'of' label                                                                            # ofClause
    ;

label
    : word
    | STRING
    ;

block
    : '{' separator* (entry (separator+ entry)* separator*)? '}'
    ;

entry
    : (word | PATH | NUMBER) atom* block?                                                   # namedEntry
    | atom+ block?                                                                          # unknownEntry
    | block                                                                                 # namelessEntry
    ;

atom
    : NUMBER                                                                                # number
    | word                                                                                  # name
    | PATH                                                                                  # path
    | STRING                                                                                # text
    | operator                                                                              # operation
    | '[' items ']'                                                                         # list
    | '(' items ')'                                                                         # group
    ;

// Looser than the language, like `unknown` above: what is between the commas is checked when the tree is built.
items
    : phrase (',' phrase)*
    ;

phrase
    : atom*
    ;

operator
    : '<='
    | '>='
    | '<'
    | '>'
    | '->'
    | '..'
    | '='
    | '+'
    | '-'
    | '*'
    | '/'
    | CROSS
    ;

// Words with a place in headlines are ordinary names everywhere else: `survive 1 node failure`.
word
    : NAME
    | 'import'
    | definitionKind
    | jobVerb
    | 'from'
    | 'extends'
    | 'of'
    | 'on'
    | 'as'
    ;

separator
    : NEWLINE
    | ','
    ;

LBRACE : '{' ;
RBRACE : '}' ;
LBRACKET : '[' ;
RBRACKET : ']' ;
LPAREN : '(' ;
RPAREN : ')' ;
COMMA : ',' ;
AT_MOST : '<=' ;
AT_LEAST : '>=' ;
BELOW : '<' ;
ABOVE : '>' ;
ARROW : '->' ;
RANGE : '..' ;
EQUALS : '=' ;
PLUS : '+' ;
MINUS : '-' ;
TIMES : '*' ;
DIVIDE : '/' ;

// A schedule's proper name that begins with a digit.
ONE_FORWARD_ONE_BACKWARD
    : '1f1b' -> type(NAME)
    ;

NAME
    : LETTER WORD_PART*
    ;

PATH
    : LETTER WORD_PART* ('.' WORD_PART+)* ('.' WORD_PART+ | '.*')
    ;

// 300B, 1.25, 1e-3, 95%: a magnitude or percent sign attaches, a unit stands apart.
NUMBER
    : DIGIT+ ('.' DIGIT+)? ([eE] [+-]? DIGIT+)? [kMBT]? '%'?
    ;

// Longer than any number: 80GB, 32x32. Reported with the way to write it, then taken for its number.
MALFORMED_NUMBER
    : DIGIT+ ('.' DIGIT+)? LETTER WORD_PART*
    ;

STRING
    : '"' ('\\' ~[\r\n] | ~["\\\r\n])* '"'
    ;

UNCLOSED_STRING
    : '"' ('\\' ~[\r\n] | ~["\\\r\n])*
    ;

COMMENT
    : '//' ~[\r\n]* -> channel(HIDDEN)
    ;

NEWLINE
    : '\r'? '\n'
    ;

SPACE
    : [ \t\r\uFEFF]+ -> channel(HIDDEN)
    ;

// Anything else is reported by our own words and dropped.
STRAY
    : .
    ;

fragment LETTER
    : [A-Za-z_]
    ;

fragment WORD_PART
    : [A-Za-z0-9_]
    ;

fragment DIGIT
    : [0-9]
    ;
