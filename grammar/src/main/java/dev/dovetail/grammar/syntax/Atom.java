package dev.dovetail.grammar.syntax;

/** The smallest pieces of an entry. They stay flat: the entry's schema reads them. */
public sealed interface Atom extends Node
        permits NumberAtom, NameAtom, PathAtom, StringAtom, OperatorAtom, ListAtom, GroupAtom {}
