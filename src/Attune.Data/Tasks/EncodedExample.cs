using Attune.Data.Tokenization;
using Attune.Text;

namespace Attune.Data.Tasks;

/// <summary>An example with its tokens.</summary>
/// <param name="Example">The example.</param>
/// <param name="Rows">Its rows; more than one where a long text is read through several windows.</param>
/// <param name="WasCut">Whether a part of it is in no row.</param>
public sealed record EncodedExample(TaskExample Example, IReadOnlyList<EncodedRow> Rows, bool WasCut = false);

/// <summary>A row with the way back from its tokens to the text.</summary>
/// <param name="Tokens">The row as the model sees it.</param>
/// <param name="Encoding">Offsets, words and sequences of its tokens.</param>
public sealed record EncodedRow(TokenRow Tokens, Encoding Encoding);
