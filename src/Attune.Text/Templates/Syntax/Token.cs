using System.Numerics;

namespace Attune.Text.Templates.Syntax;

internal enum TokenKind
{
    Data,
    VariableBegin,
    VariableEnd,
    BlockBegin,
    BlockEnd,
    Name,
    String,
    Integer,
    Float,
    Operator,
    EndOfTemplate,
}

/// <summary>A piece of a template; <see cref="Text"/> holds the data, the name, the decoded string or the operator.</summary>
internal readonly record struct Token(TokenKind Kind, int Position, string Text, BigInteger Integer = default, double Float = 0)
{
    public bool IsOperator(string text) => Kind == TokenKind.Operator && Text == text;

    public bool IsName(string text) => Kind == TokenKind.Name && Text == text;

    /// <summary>How error messages call this token.</summary>
    public string Description => Kind switch
    {
        TokenKind.Data => "text",
        TokenKind.VariableBegin => "'{{'",
        TokenKind.VariableEnd => "'}}'",
        TokenKind.BlockBegin => "'{%'",
        TokenKind.BlockEnd => "'%}'",
        TokenKind.Name => $"'{Text}'",
        TokenKind.String => "a string",
        TokenKind.Integer => "an integer",
        TokenKind.Float => "a number",
        TokenKind.Operator => $"'{Text}'",
        _ => "the end of the template",
    };
}
