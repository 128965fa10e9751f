using Attune.Tensors;

namespace Attune.Nn;

/// <summary>What an adapter adds to a table of embeddings.</summary>
public interface IEmbeddingAdapter
{
    /// <summary>The adapted rows for I32 ids [N] and the table's own rows [N, C].</summary>
    Tensor Forward(Embedding layer, Tensor ids, Tensor output);
}

/// <summary>A table of vectors, one per token id.</summary>
public sealed class Embedding : Module
{
    /// <summary>Makes a layer.</summary>
    /// <param name="name">Full name.</param>
    /// <param name="table">[V, C].</param>
    /// <param name="compute">Element type of the rows that it gives.</param>
    /// <param name="paddingIndex">The id whose row gets no gradient from look-ups; -1 for none.</param>
    public Embedding(string name, Parameter table, DType compute, int paddingIndex = -1)
        : base(name)
    {
        Table = table;
        Compute = compute;
        PaddingIndex = paddingIndex;
        Own(table);
    }

    /// <summary>The id whose row gets no gradient from look-ups; -1 for none.</summary>
    public int PaddingIndex { get; }

    /// <summary>The table [V, C].</summary>
    public Parameter Table { get; private set; }

    /// <summary>Element type of the rows that it gives.</summary>
    public DType Compute { get; }

    /// <summary>The adapters in use, in the order in which they add to the output.</summary>
    public IList<IEmbeddingAdapter> Adapters { get; } = [];

    /// <summary>Rows [N, C] for I32 ids [N].</summary>
    public Tensor Forward(Tensor ids)
    {
        Tensor y = Table.Value!.Embedding(ids, Compute, PaddingIndex);
        for (int i = 0; i < Adapters.Count; i++)
        {
            y = Adapters[i].Forward(this, ids, y);
        }

        return y;
    }

    /// <summary>Puts another table in place of the layer's own.</summary>
    /// <returns>The table that was there.</returns>
    public Parameter Exchange(Parameter table)
    {
        Parameter old = Table;
        Replace(old, table);
        Table = table;
        return old;
    }
}
