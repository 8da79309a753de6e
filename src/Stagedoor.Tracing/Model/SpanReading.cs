using System.Runtime.InteropServices;

namespace Stagedoor.Tracing.Model;

/// <summary>What the model makes of one span when it arrives.</summary>
[StructLayout(LayoutKind.Auto)]
internal struct SpanReading
{
    /// <summary>Whether it is where a request enters the service, as far as the span alone tells.</summary>
    public bool IsEntry;

    /// <summary>Whether it failed.</summary>
    public bool Failed;

    /// <summary>What kind of work it is.</summary>
    public SpanCategory Category;

    /// <summary>Its transaction; empty for what is no entry.</summary>
    public string Transaction;

    /// <summary>Whether the transaction's name was made of a path, of which there may be any number.</summary>
    public bool IsDerived;

    /// <summary>The code that its work ended with; empty when it said none.</summary>
    public string ResultCode;

    /// <summary>Whether one of its attributes is for the code of an error.</summary>
    public bool MayHaveCode;

    /// <summary>Who called, when that is an IPv4 address, the first part in the highest byte; else 0.</summary>
    public uint Address;

    /// <summary>What it calls: a service, a host, a database or a broker; empty when unknown.</summary>
    public string RemoteName;

    /// <summary>The node that it calls when that is no service: <c>DATABASE:…</c>, <c>CACHE:…</c> or <c>MQ:…</c>, or for a consumer the one that it was called by; else empty.</summary>
    public string Resource;
}

/// <summary>What kind of work a span is.</summary>
internal enum SpanCategory : byte
{
    Local,
    Http,
    Rpc,
    Grpc,
    Dubbo,
    Messaging,
    Database,
    Cache,
}
