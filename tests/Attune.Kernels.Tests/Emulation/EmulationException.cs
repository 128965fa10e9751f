namespace Attune.Kernels.Tests.Emulation;

/// <summary>Emulated code did what a processor would not take, or what a kernel must not do.</summary>
internal sealed class EmulationException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Throws where a condition is not met.</summary>
    public static void Require(bool condition, string what)
    {
        if (!condition)
        {
            throw new EmulationException(what);
        }
    }
}
