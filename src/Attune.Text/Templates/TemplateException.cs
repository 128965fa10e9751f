namespace Attune.Text;

/// <summary>A chat template cannot be read or rendered; the message names the template, line and column.</summary>
public sealed class TemplateException : TextException
{
    /// <summary>Makes an error without a place.</summary>
    public TemplateException(string message)
        : base(message) => Reason = message;

    /// <summary>Makes an error without a place from the error that caused it.</summary>
    public TemplateException(string message, Exception inner)
        : base(message, inner) => Reason = message;

    /// <summary>Makes an error without a message.</summary>
    public TemplateException() => Reason = Message;

    internal TemplateException(string template, int line, int column, string reason, bool raisedByTemplate, Exception? inner)
        : base($"chat template '{template}', line {line}, column {column}: {reason}", inner!)
    {
        Template = template;
        Line = line;
        Column = column;
        Reason = reason;
        RaisedByTemplate = raisedByTemplate;
    }

    /// <summary>Name of the template as given to <see cref="ChatTemplate.Parse"/>; empty when the error has no place.</summary>
    public string Template { get; } = "";

    /// <summary>Line, counted from 1; 0 when the error has no place.</summary>
    public int Line { get; }

    /// <summary>Column in UTF-16 units, counted from 1; 0 when the error has no place.</summary>
    public int Column { get; }

    /// <summary>What went wrong, without the place.</summary>
    public string Reason { get; }

    /// <summary>Whether the template itself refused its input with <c>raise_exception</c>; <see cref="Reason"/> is then the template's own message.</summary>
    public bool RaisedByTemplate { get; }
}
