using Attune.Data.Rows;
using Attune.Text;

namespace Attune.Data.Tasks;

/// <summary>A class of each word; its first piece carries it, the others do not count.</summary>
public sealed class TagRows : RowTask
{
    /// <inheritdoc/>
    public override string Key => "tag";

    /// <inheritdoc/>
    public override bool HasLabels => true;

    /// <inheritdoc/>
    public override IEnumerable<TaskExample> Read(DataRow row, TaskColumnOptions columns, TaskOptions options, bool isLabeled)
    {
        string[] words = TaskColumns.Items(row, TaskColumns.Find(row, columns.TokensColumn, "tokens_column", isLabeled ? ["tokens", "words"] : ["tokens", "words", "text", "sentence"]), null);
        string[]? tags = null;
        if (isLabeled)
        {
            string column = TaskColumns.Find(row, columns.TagsColumn, "tags_column", "tags", "ner_tags", "pos_tags", "labels");
            tags = TaskColumns.Items(row, column, null);
            if (tags.Length != words.Length)
            {
                throw row.Wrong($"column '{column}': expected a tag for each word", $"{words.Length} words, {tags.Length} tags");
            }

            if (tags.Contains(""))
            {
                throw row.Wrong($"column '{column}': a tag is empty");
            }
        }

        return [new TaggedExample(row.Place, words, tags)];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<string> LabelsOf(TaskExample example) => ((TaggedExample)example).Tags ?? [];

    /// <inheritdoc/>
    public override EncodedExample Encode(TaskExample example, TaskEncoder encoder)
    {
        var tagged = (TaggedExample)example;
        Encoding encoding = encoder.Encode(example, EncodeInput.OfWords(tagged.Words));
        int[] labels = TaskEncoder.Unlabeled(encoding.Count);
        if (tagged.Tags is { } tags)
        {
            foreach ((int token, int word) in FirstPieces(encoding))
            {
                labels[token] = encoder.Labels!.IdOf(example, tags[word]);
            }
        }

        return TaskEncoder.Whole(example, encoding, labels: labels);
    }

    /// <summary>The first token of each word, in order; words that become no token or were cut off have none.</summary>
    public static IEnumerable<(int Token, int Word)> FirstPieces(Encoding encoding)
    {
        int? before = null;
        int?[] words = encoding.WordIds;
        for (int i = 0; i < words.Length; i++)
        {
            if (words[i] is { } word && word != before)
            {
                yield return (i, word);
            }

            before = words[i];
        }
    }
}
