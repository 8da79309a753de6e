namespace Stagedoor.Addons.Rendering.Templates;

internal enum TokenKind
{
    EndOfFile,
    Text,
    LeftDelimiter,
    RightDelimiter,
    Space,
    Assign,
    Declare,
    Pipe,
    LeftParenthesis,
    RightParenthesis,
    Character,
    Identifier,
    Field,
    Variable,
    Bool,
    Number,
    CharConstant,
    String,
    RawString,
    Dot,
    Nil,
    Block,
    Break,
    Continue,
    Define,
    Else,
    End,
    If,
    Range,
    Template,
    With,
}

/// <summary>One word of a template.</summary>
internal readonly record struct Token(TokenKind Kind, int Position, string Text, int Line)
{
    public bool IsKeyword => Kind >= TokenKind.Dot;

    /// <summary>As an error message names it.</summary>
    public override string ToString() =>
        Kind == TokenKind.EndOfFile ? "EOF"
        : Kind > TokenKind.Dot ? "<" + Text + ">"
        : Text.Length > 10 ? Values.GoFormat.Quote(Text[..10]) + "..."
        : Values.GoFormat.Quote(Text);
}
