using Attune.Text.Pipeline;

namespace Attune.Text.Normalizers;

/// <summary>Steps one after the other; a step that leaves the text alone is passed over.</summary>
internal sealed class StepChain(IPieceStep[] steps) : IPieceStep
{
    /// <inheritdoc/>
    public bool LeavesUnchanged(ReadOnlySpan<byte> text)
    {
        foreach (IPieceStep step in steps)
        {
            if (!step.LeavesUnchanged(text))
            {
                return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Rewrite(AlignedText source, int start, int end, AlignedText target)
    {
        long limit = AlignedText.LimitFor(end - start);
        var current = new AlignedText { Limit = limit };
        var next = new AlignedText { Limit = limit };
        current.Append(source, start, end);
        foreach (IPieceStep step in steps)
        {
            if (!step.LeavesUnchanged(current.Bytes))
            {
                next.Clear();
                step.Rewrite(current, 0, current.Length, next);
                (current, next) = (next, current);
            }
        }

        target.Append(current, 0, current.Length);
    }
}
