namespace Attune.Kernels.Cpu.Attention;

/// <summary>Queries of one sequence with all query heads of one key-value head, as the gradient works on them.</summary>
/// <param name="Item">Index of sequence and key-value head.</param>
/// <param name="Start">First query.</param>
/// <param name="Count">Queries.</param>
/// <param name="FirstKey">First key that one of them sees, or the one before: an even one.</param>
/// <param name="EndKey">End of the keys that they see; not beyond the first when they see none.</param>
/// <param name="SharedStart">First key of those that all of them see.</param>
/// <param name="SharedEnd">End of the keys that all of them see.</param>
/// <param name="Offset">Where in the memory of a chunk its <see cref="GradientBlockMemory"/> lies.</param>
internal readonly record struct GradientBlock(int Item, int Start, int Count, int FirstKey, int EndKey, int SharedStart, int SharedEnd, long Offset);

/// <summary>Keys of one sequence and key-value head whose gradients one thread makes.</summary>
internal readonly record struct GradientUnit(int Item, int Start, int Count);

/// <summary>One sequence and key-value head.</summary>
/// <param name="Sequence">Index of the sequence.</param>
/// <param name="KeyHead">Key-value head.</param>
/// <param name="FirstBlock">Its first block.</param>
/// <param name="EndBlock">End of its blocks.</param>
/// <param name="Offset">Where in the memory of a chunk its <see cref="GradientItemMemory"/> lies.</param>
internal readonly record struct GradientItem(int Sequence, int KeyHead, int FirstBlock, int EndBlock, long Offset);

/// <summary>What is worked on at a time: whole items, or some blocks of one.</summary>
/// <param name="FirstUnit">First unit of keys.</param>
/// <param name="EndUnit">End of the units.</param>
/// <param name="FirstBlock">First block.</param>
/// <param name="EndBlock">End of the blocks.</param>
/// <param name="Begins">Whether no chunk before had blocks of these items.</param>
/// <param name="Ends">Whether no chunk after has blocks of these items.</param>
internal readonly record struct GradientChunk(int FirstUnit, int EndUnit, int FirstBlock, int EndBlock, bool Begins, bool Ends);
