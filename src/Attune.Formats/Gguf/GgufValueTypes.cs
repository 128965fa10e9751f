namespace Attune.Formats;

/// <summary>The value types of GGUF metadata: their number in the file and their .NET type.</summary>
internal static class GgufValueTypes
{
    public const uint String = 8;

    public const uint Array = 9;

    public const uint Boolean = 7;

    // The index is the number in the file.
    private static readonly (Type? Type, int Bytes)[] All =
    [
        (typeof(byte), 1), (typeof(sbyte), 1), (typeof(ushort), 2), (typeof(short), 2), (typeof(uint), 4), (typeof(int), 4), (typeof(float), 4),
        (typeof(bool), 1), (typeof(string), 8), (null, 12), (typeof(ulong), 8), (typeof(long), 8), (typeof(double), 8),
    ];

    public static int Count => All.Length;

    /// <summary>The least bytes that a value takes; for texts and arrays those of the empty one.</summary>
    public static int LeastBytes(uint id) => All[id].Bytes;

    public static Type? TypeOf(uint id) => All[id].Type;

    public static uint IdOf(Type type) => type.IsAssignableTo(typeof(Array)) ? Array : (uint)System.Array.FindIndex(All, t => t.Type == type);

    public static bool IsValue(Type type) => type == typeof(Array[]) || System.Array.Exists(All, t => t.Type == (type.IsSZArray ? type.GetElementType() : type));
}
