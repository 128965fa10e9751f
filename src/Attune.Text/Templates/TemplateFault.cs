namespace Attune.Text.Templates;

/// <summary>An error whose place is not known where it arises; <see cref="Template"/> turns it into a <see cref="TemplateException"/>.</summary>
internal sealed class TemplateFault(string reason, int? position = null, bool raisedByTemplate = false) : Exception(reason)
{
    /// <summary>Where in the source it happened; null when the interpreter's current place is meant.</summary>
    public int? Position { get; } = position;

    /// <summary>Whether <c>raise_exception</c> threw it.</summary>
    public bool RaisedByTemplate { get; } = raisedByTemplate;
}
