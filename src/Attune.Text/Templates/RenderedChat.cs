namespace Attune.Text;

/// <summary>A conversation as text.</summary>
/// <param name="Text">The text.</param>
/// <param name="GenerationSpans">Start and end (exclusive, in code points of <paramref name="Text"/>) of what the template marks with <c>{% generation %}</c>, in order; empty when it marks nothing.</param>
public sealed record RenderedChat(string Text, IReadOnlyList<(int Start, int End)> GenerationSpans);
