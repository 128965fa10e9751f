namespace Attune.Kernels.Cpu.Attention;

/// <summary>One piece of attention work: a block of queries or keys of one sequence and one key-value head.</summary>
internal readonly record struct AttentionUnit(int Sequence, int KeyHead, int Start, int Count);

/// <summary>The list of all pieces, cut by fixed sizes.</summary>
internal static unsafe class AttentionUnits
{
    /// <summary>Number of pieces of blocks of <paramref name="block"/> queries (or keys).</summary>
    public static int Count(in AttentionProblem problem, int block, bool keys)
    {
        long count = 0;
        for (int s = 0; s < problem.Sequences; s++)
        {
            AttentionProblem.Sequence sequence = problem.SequenceAt(s);
            count += (((keys ? sequence.Keys : sequence.Queries) + (long)block - 1) / block) * problem.KeyHeads;
        }

        return checked((int)count);
    }

    /// <summary>Lists the pieces; those at the end of a sequence, which see the most keys when the attention is causal, come first.</summary>
    public static void List(in AttentionProblem problem, int block, bool keys, AttentionUnit* units)
    {
        for (int s = 0; s < problem.Sequences; s++)
        {
            AttentionProblem.Sequence sequence = problem.SequenceAt(s);
            int length = keys ? sequence.Keys : sequence.Queries;
            for (int start = (length - 1) / block * block; start >= 0 && length > 0; start -= block)
            {
                for (int head = 0; head < problem.KeyHeads; head++)
                {
                    *units++ = new AttentionUnit(s, head, start, Math.Min(block, length - start));
                }
            }
        }
    }
}
