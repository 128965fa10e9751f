namespace Attune.Tensors;

/// <summary>Element type of a tensor. Names are those of safetensors headers.</summary>
public enum DType : byte
{
    /// <summary>Boolean, one byte per element, 0 or 1.</summary>
    Bool,

    /// <summary>Unsigned 8-bit integer.</summary>
    U8,

    /// <summary>Signed 8-bit integer.</summary>
    I8,

    /// <summary>Signed 16-bit integer.</summary>
    I16,

    /// <summary>Unsigned 16-bit integer.</summary>
    U16,

    /// <summary>Signed 32-bit integer.</summary>
    I32,

    /// <summary>Unsigned 32-bit integer.</summary>
    U32,

    /// <summary>Signed 64-bit integer.</summary>
    I64,

    /// <summary>Unsigned 64-bit integer.</summary>
    U64,

    /// <summary>IEEE 754 half precision.</summary>
    F16,

    /// <summary>bfloat16: the upper half of a single-precision number.</summary>
    BF16,

    /// <summary>IEEE 754 single precision.</summary>
    F32,

    /// <summary>IEEE 754 double precision.</summary>
    F64,

    /// <summary>8-bit float, 4 exponent and 3 mantissa bits (OCP FP8, finite).</summary>
    F8E4M3,

    /// <summary>8-bit float, 5 exponent and 2 mantissa bits (OCP FP8).</summary>
    F8E5M2,
}

/// <summary>Sizes and names of element types.</summary>
public static class DTypes
{
    private static readonly string[] Names =
        ["BOOL", "U8", "I8", "I16", "U16", "I32", "U32", "I64", "U64", "F16", "BF16", "F32", "F64", "F8_E4M3", "F8_E5M2"];

    private static ReadOnlySpan<byte> Sizes => [1, 1, 1, 2, 2, 4, 4, 8, 8, 2, 2, 4, 8, 1, 1];

    extension(DType dtype)
    {
        /// <summary>Bytes that one element takes.</summary>
        /// <exception cref="ArgumentOutOfRangeException">It is no element type.</exception>
        public int SizeInBytes => (int)dtype < Sizes.Length ? Sizes[(int)dtype] : throw new ArgumentOutOfRangeException(nameof(dtype), dtype, "not an element type");

        /// <summary>The name that safetensors headers use, such as <c>BF16</c>.</summary>
        public string SafetensorsName => Names[(int)dtype];

        /// <summary>Whether elements are floating-point numbers.</summary>
        public bool IsFloat => dtype is DType.F16 or DType.BF16 or DType.F32 or DType.F64 or DType.F8E4M3 or DType.F8E5M2;
    }

    /// <summary>Finds the element type with a safetensors name.</summary>
    /// <returns>False when <paramref name="name"/> is not one of them.</returns>
    public static bool TryParseSafetensors(string name, out DType dtype)
    {
        int index = Array.IndexOf(Names, name);
        dtype = index < 0 ? default : (DType)index;
        return index >= 0;
    }
}
