using Attune.Data.Rows;

namespace Attune.Data.Tasks;

/// <summary>What a row of a task says, before it is tokenised.</summary>
/// <param name="Place">Where the row stands.</param>
public abstract record TaskExample(RowPlace Place)
{
    /// <summary>An error about the row.</summary>
    public DataException Wrong(string reason, string? detail = null) => DataException.AtRow(Place, reason, detail);
}

/// <summary>A text, or a pair of texts, with what is said of it as a whole.</summary>
/// <param name="Place">Where the row stands.</param>
/// <param name="Text">The text.</param>
/// <param name="Pair">The second text; null for none.</param>
public sealed record SequenceExample(RowPlace Place, string Text, string? Pair) : TaskExample(Place)
{
    /// <summary>Names of the text's classes; null when they are not known.</summary>
    public IReadOnlyList<string>? Labels { get; init; }

    /// <summary>Numbers that are to be predicted; null when they are not known.</summary>
    public IReadOnlyList<float>? Values { get; init; }
}

/// <summary>Words, each with a tag.</summary>
/// <param name="Place">Where the row stands.</param>
/// <param name="Words">The words.</param>
/// <param name="Tags">As many tags; null when they are not known.</param>
public sealed record TaggedExample(RowPlace Place, IReadOnlyList<string> Words, IReadOnlyList<string>? Tags) : TaskExample(Place);

/// <summary>A question whose answer stands in a text.</summary>
/// <param name="Place">Where the row stands.</param>
/// <param name="Id">The question's own id; null for none.</param>
/// <param name="Question">The question.</param>
/// <param name="Context">The text.</param>
/// <param name="Answers">Right answers, the one that is trained first; empty when the text has none, null when they are not known.</param>
public sealed record QuestionExample(RowPlace Place, string? Id, string Question, string Context, IReadOnlyList<Answer>? Answers) : TaskExample(Place);

/// <summary>A part of a text.</summary>
/// <param name="Text">The part.</param>
/// <param name="Start">Where it starts, in code points.</param>
public sealed record Answer(string Text, int Start);

/// <summary>A question with several answers.</summary>
/// <param name="Place">Where the row stands.</param>
/// <param name="Text">What stands before every choice.</param>
/// <param name="Begin">How every choice begins; null for nothing.</param>
/// <param name="Choices">The choices, at least two.</param>
/// <param name="Right">Number of the right one, from 0; null when it is not known.</param>
public sealed record ChoiceExample(RowPlace Place, string Text, string? Begin, IReadOnlyList<string> Choices, int? Right) : TaskExample(Place);

/// <summary>A text and what is to be written for it.</summary>
/// <param name="Place">Where the row stands.</param>
/// <param name="Source">The text that is read.</param>
/// <param name="Target">The text that is written; null when it is not known.</param>
public sealed record WritingExample(RowPlace Place, string Source, string? Target) : TaskExample(Place);

/// <summary>A text for an embedding, and one that is near to it.</summary>
/// <param name="Place">Where the row stands.</param>
/// <param name="Text">The text.</param>
/// <param name="Other">The other text; null when only embeddings are wanted.</param>
/// <param name="Score">How near the two are, as the cosine should be; null when they belong together.</param>
public sealed record SimilarExample(RowPlace Place, string Text, string? Other, float? Score) : TaskExample(Place)
{
    /// <summary>Texts that are far from it; empty when none are known.</summary>
    public IReadOnlyList<string> Negatives { get; init; } = [];
}
