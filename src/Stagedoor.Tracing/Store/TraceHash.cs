using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;

namespace Stagedoor.Tracing.Store;

/// <summary>64 bits of a project and a trace id. Traces of one hash lie side by side; only the whole id tells them apart.</summary>
internal static class TraceHash
{
    public static long SeedOf(string project) => (long)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(project));

    public static ulong Of(long seed, UInt128 traceId)
    {
        Span<byte> bytes = stackalloc byte[16];
        BinaryPrimitives.WriteUInt128LittleEndian(bytes, traceId);
        return XxHash3.HashToUInt64(bytes, seed);
    }

    public static ulong Of(string project, UInt128 traceId) => Of(SeedOf(project), traceId);
}
