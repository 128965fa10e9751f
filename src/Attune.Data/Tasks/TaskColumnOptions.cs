namespace Attune.Data.Tasks;

/// <summary>Which columns of a file hold what a task needs. What is not named is recognised by the names of the public data sets.</summary>
public sealed record TaskColumnOptions
{
    /// <summary>Column of the text. Default: <c>text</c>, <c>sentence</c>, <c>content</c>, or the first of a known pair (such as <c>sentence1</c>, <c>premise</c>).</summary>
    public string? TextColumn { get; init; }

    /// <summary>Column of a second text that is read together with the first. Default: the partner of the first (<c>sentence2</c>, <c>hypothesis</c>, ...), else none.</summary>
    public string? TextPairColumn { get; init; }

    /// <summary>With <c>embed</c> and pairs without a number, the columns of texts that the first is to be far from, or one with a list of them. Default: <c>negative</c>, or <c>negative_1</c>, <c>negative_2</c> and so on, where there are some.</summary>
    public IReadOnlyList<string> NegativeColumns { get; init; } = [];

    /// <summary>Column of the class, the classes (a list, or names with label_separator between them), the number, or the right choice (its number from 0, its letter, its name or its text). Default: <c>label</c>, <c>labels</c>, <c>category</c>, <c>class</c>, <c>score</c>.</summary>
    public string? LabelColumn { get; init; }

    /// <summary>Column of the words to tag: a list, or words with blanks between them. Default: <c>tokens</c>, <c>words</c>.</summary>
    public string? TokensColumn { get; init; }

    /// <summary>Column of the words' tags: a list, or tags with blanks between them. Default: <c>tags</c>, <c>ner_tags</c>, <c>pos_tags</c>, <c>labels</c>.</summary>
    public string? TagsColumn { get; init; }

    /// <summary>Column of the question. Default: <c>question</c>.</summary>
    public string? QuestionColumn { get; init; }

    /// <summary>Column of the text in which the answer stands. Default: <c>context</c>.</summary>
    public string? ContextColumn { get; init; }

    /// <summary>
    /// With <c>choice</c>, the columns of the choices, or one with a list of them ({"text": [...], "label": [...]} names them, too). What stands before them is text_column (each of them begins with
    /// text_pair_column), else context and question. Default: <c>choices</c>, <c>options</c>, <c>endings</c>, <c>answers</c>, or <c>ending0</c>, <c>ending1</c> and so on.
    /// </summary>
    public IReadOnlyList<string> ChoicesColumns { get; init; } = [];

    /// <summary>Column of the answers, as SQuAD has them ({"text": [...], "answer_start": [...]}), or the answer's text alone. Default: <c>answers</c>, <c>answer</c>.</summary>
    public string? AnswersColumn { get; init; }

    /// <summary>Column of the text to read for another one. Default: <c>source</c>, <c>document</c>, <c>article</c>, <c>dialogue</c>, <c>input</c>, <c>text</c>.</summary>
    public string? SourceColumn { get; init; }

    /// <summary>Column of the text to write. Default: <c>target</c>, <c>summary</c>, <c>highlights</c>, <c>output</c>.</summary>
    public string? TargetColumn { get; init; }
}
