namespace Attune.Data.Batching;

/// <summary>Where a run stands in its data: all that must be saved to go on exactly there.</summary>
/// <param name="Epoch">Whole passes over the data that are done; from 0.</param>
/// <param name="Index">Rows, or packs when packing, of this epoch that are done; from 0, below the number in an epoch.</param>
public readonly record struct DataCursor(long Epoch, int Index);
