using Attune.Data.Rows;
using Attune.Data.Tokenization;
using Attune.Text;

namespace Attune.Data.Tasks;

/// <summary>Another text for each text.</summary>
public sealed class Seq2SeqRows : RowTask
{
    private static readonly string[] KnownSources = ["source", "document", "article", "dialogue", "input", "text", "prompt"];
    private static readonly string[] KnownTargets = ["target", "summary", "highlights", "output", "completion"];

    /// <inheritdoc/>
    public override string Key => "seq2seq";

    /// <inheritdoc/>
    public override IEnumerable<TaskExample> Read(DataRow row, TaskColumnOptions columns, TaskOptions options, bool isLabeled)
    {
        string source = row.Text(TaskColumns.Find(row, columns.SourceColumn, "source_column", KnownSources));
        string? target = isLabeled ? row.Text(TaskColumns.Find(row, columns.TargetColumn, "target_column", KnownTargets)) : null;
        return [new WritingExample(row.Place, source, target)];
    }

    /// <inheritdoc/>
    public override EncodedExample Encode(TaskExample example, TaskEncoder encoder)
    {
        var writing = (WritingExample)example;
        Encoding encoding = encoder.Encode(example, encoder.Options.SourcePrefix + writing.Source);
        bool wasCut = encoding.Overflow.Count > 0;
        int[]? output = null;
        if (writing.Target is { } target)
        {
            Encoding written = encoder.EncodeTarget(example, target);
            output = End(written.Ids, encoder);
            wasCut |= written.Overflow.Count > 0;
        }

        var row = new TokenRow(encoding.Ids, TaskEncoder.Unlabeled(encoding.Count), example.Place.File, example.Place.Line) { OutputIds = output };
        return new EncodedExample(example, [new EncodedRow(row, encoding)], wasCut);
    }

    // Post-processors end texts for most models; what they leave out is added, or a model would never learn to stop.
    private static int[] End(int[] ids, TaskEncoder encoder) => encoder.EndId is not { } end || ids.Contains(end)
        ? ids
        : [.. ids.Take(encoder.Options.MaxTargetLength - 1), end];
}
