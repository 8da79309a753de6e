using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text;
using Stagedoor.Tracing.Spans;

namespace Stagedoor.Tracing.Model;

/// <summary>Reads of a span what the model says about it. It knows nothing of other spans.</summary>
internal static class SpanReader
{
    private const uint HasRemoteFlag = 0x300;
    private const int MostAddress = 64;
    private const int ServerError = 500;
    private const int ClientError = 400;

    // By number, as gRPC has them.
    private static readonly string[] s_grpcCodes =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];

    /// <summary>Reads a span.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="span">One of its spans.</param>
    /// <param name="rules">What is configured for the service.</param>
    public static SpanReading Read(SpanBatch batch, in SpanData span, ServiceRules rules)
    {
        var known = new KnownAttributes(batch, span.Attributes, stackalloc short[KnownKeys.Count]);
        var reading = new SpanReading
        {
            IsEntry = span.Kind is SpanKind.Server or SpanKind.Consumer || span.ParentId == 0 || (span.Flags & HasRemoteFlag) == HasRemoteFlag,
            Category = CategoryOf(known, span.Kind),
            Transaction = "",
            ResultCode = ResultCodeOf(known),
            RemoteName = "",
            Resource = "",
        };
        reading.MayHaveCode = known.Has(KnownKey.ErrorType) || known.Has(KnownKey.ErrorCode) || known.Has(KnownKey.ErrorCodeHeader);
        reading.Failed = HasFailed(batch, in span, known, rules, reading.ResultCode);
        if (reading.IsEntry)
        {
            (reading.Transaction, reading.IsDerived) = Name(batch, in span, known, rules, reading.Category);
            reading.Address = Address(known);
        }

        if (span.Kind is SpanKind.Client or SpanKind.Producer)
        {
            reading.RemoteName = RemoteNameOf(known);
        }
        else if (span.Kind is SpanKind.Server or SpanKind.Consumer)
        {
            // Who called says it seldom.
            reading.RemoteName = known.First(KnownKey.ServicePeerName, KnownKey.PeerService);
        }

        reading.Resource = Resource(known, span.Kind, reading.Category);
        return reading;
    }

    /// <summary>The code that a span's work ended with; empty when it says none.</summary>
    public static string ResultCodeOf(in KnownAttributes known) => known.FirstValue(
        KnownKey.HttpResponseStatus, KnownKey.HttpStatus, KnownKey.RpcStatus, KnownKey.RpcResponseStatus, KnownKey.GrpcStatus, KnownKey.DbResponseStatus, KnownKey.ErrorType);

    /// <summary>What a span calls, by the best name that was sent; empty when none was.</summary>
    public static string RemoteNameOf(in KnownAttributes known)
    {
        var name = known.First(KnownKey.ServicePeerName, KnownKey.PeerService);
        return name.Length > 0 ? name
            : WithPort(known, KnownKey.ServerAddress, KnownKey.ServerPort) is { Length: > 0 } server ? server
            : known.First(KnownKey.PeerName) is { Length: > 0 } peer ? peer
            : WithPort(known, KnownKey.NetworkPeerAddress, KnownKey.NetworkPeerPort) is { Length: > 0 } network ? network
            : WithPort(known, KnownKey.SocketPeerAddress, KnownKey.SocketPeerPort) is { Length: > 0 } socket ? socket
            : known.First(KnownKey.DbNamespace, KnownKey.DbName, KnownKey.DbSystemName, KnownKey.DbSystem, KnownKey.MessagingSystem);
    }

    /// <summary>The path of the request that a span is of, as it was sent; empty when none was.</summary>
    public static string PathOf(in KnownAttributes known) => known.First(KnownKey.UrlPath, KnownKey.HttpTarget) is { Length: > 0 } path ? path
        : known.First(KnownKey.UrlFull, KnownKey.HttpUrl) is { Length: > 0 } url ? PathOf(url)
        : known.First(KnownKey.HttpPath);

    /// <summary>The number of a gRPC code that is sent as its number or as its name; null when it is none.</summary>
    public static long? GrpcCode(string code) =>
        long.TryParse(code, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : Array.IndexOf(s_grpcCodes, code) is >= 0 and var named ? named
        : null;

    private static SpanCategory CategoryOf(in KnownAttributes known, SpanKind kind)
    {
        if (known.Text(KnownKey.RpcSystemName, KnownKey.RpcSystem) is { IsEmpty: false } rpc)
        {
            return rpc.SequenceEqual("grpc"u8) ? SpanCategory.Grpc
                : rpc.SequenceEqual("dubbo"u8) || rpc.SequenceEqual("apache_dubbo"u8) ? SpanCategory.Dubbo
                : SpanCategory.Rpc;
        }

        if (kind is not (SpanKind.Server or SpanKind.Consumer) && known.Text(KnownKey.DbSystemName, KnownKey.DbSystem) is { IsEmpty: false } database)
        {
            return database.SequenceEqual("redis"u8) || database.SequenceEqual("memcached"u8) || database.SequenceEqual("valkey"u8)
                || database.SequenceEqual("hazelcast"u8) || database.SequenceEqual("infinispan"u8) ? SpanCategory.Cache : SpanCategory.Database;
        }

        return !known.Text(KnownKey.HttpRequestMethod, KnownKey.HttpMethod).IsEmpty ? SpanCategory.Http
            : !known.Text(KnownKey.MessagingSystem).IsEmpty ? SpanCategory.Messaging
            : SpanCategory.Local;
    }

    private static (string Name, bool IsDerived) Name(SpanBatch batch, in SpanData span, in KnownAttributes known, ServiceRules rules, SpanCategory category)
    {
        var name = batch.TextOf(span.Name);
        switch (category)
        {
            case SpanCategory.Grpc or SpanCategory.Dubbo or SpanCategory.Rpc:
                return (Cut(RpcName(known, name)), false);
            case SpanCategory.Http:
                return HttpName(known, name, rules);
            case SpanCategory.Messaging:
                return (Cut(MessagingName(known)), false);
            default:
                if (known.First(KnownKey.FaasName, KnownKey.FaasTrigger) is { Length: > 0 } function)
                {
                    return (Cut($"faas_{function}"), false);
                }

                var target = HttpTransaction.TargetOf(name);
                return !target.IsEmpty ? (Cut($"{name[..^target.Length].Trim().Split(' ')[^1]}_{PathPattern.Of(target)}"), true)
                    : name.StartsWith('/') ? (Cut(PathPattern.Of(name)), true)
                    : (Cut(name), false);
        }
    }

    private static (string Name, bool IsDerived) HttpName(in KnownAttributes known, string spanName, ServiceRules rules)
    {
        var http = new HttpTransaction
        {
            Method = known.First(KnownKey.HttpRequestMethod, KnownKey.HttpMethod),
            Route = known.First(KnownKey.HttpRoute),
            Template = known.First(KnownKey.UrlTemplate),
            SpanName = spanName,
            Path = PathOf(known),
            Status = (int)Math.Clamp(known.Number(KnownKey.HttpResponseStatus) ?? known.Number(KnownKey.HttpStatus) ?? 0, 0, 999),
        };
        foreach (var rule in rules.Transactions)
        {
            if (rule.Name(http.Verb, http.Path) is { } named)
            {
                return (named, false);
            }
        }

        return http.Name();
    }

    private static string PathOf(string url)
    {
        var scheme = url.IndexOf("://", StringComparison.Ordinal);
        var path = scheme < 0 ? 0 : url.IndexOf('/', scheme + 3);
        return path < 0 ? "/" : url[path..];
    }

    private static string RpcName(in KnownAttributes known, string spanName)
    {
        var method = known.First(KnownKey.RpcMethod);
        return method.AsSpan().ContainsAny('/', '.') || string.Equals(method, "_OTHER", StringComparison.Ordinal) ? method
            : method.Length > 0 && known.First(KnownKey.RpcService) is { Length: > 0 } service ? $"{service}/{method}"
            : spanName.TrimStart('/');
    }

    private static string MessagingName(in KnownAttributes known)
    {
        var operation = known.First(KnownKey.MessagingOperationName, KnownKey.MessagingOperationType, KnownKey.MessagingOperation);
        return $"{(operation.Length == 0 ? "process" : operation)}_{Destination(known)}";
    }

    private static string Destination(in KnownAttributes known) => known.IsTrue(KnownKey.MessagingTemporary) || known.IsTrue(KnownKey.MessagingAnonymous)
        ? "*"
        : known.First(KnownKey.MessagingTemplate, KnownKey.MessagingDestinationName, KnownKey.MessagingDestination);

    private static bool HasFailed(SpanBatch batch, in SpanData span, in KnownAttributes known, ServiceRules rules, string code)
    {
        if (rules.Ignored.Count > 0 && IsIgnored(batch, in span, known, rules, code))
        {
            return false;
        }

        if (span.Status is not SpanStatus.Unset)
        {
            return span.Status is SpanStatus.Error;
        }

        if (known.Has(KnownKey.Error) && !string.Equals(known.FirstValue(KnownKey.Error), "false", StringComparison.Ordinal))
        {
            return true;
        }

        if ((known.Number(KnownKey.HttpResponseStatus) ?? known.Number(KnownKey.HttpStatus)) is { } status
            && ((span.Kind is SpanKind.Server && status >= ServerError) || (span.Kind is SpanKind.Client && status >= ClientError)))
        {
            return true;
        }

        if (GrpcCode(known.FirstValue(KnownKey.RpcStatus, KnownKey.RpcResponseStatus, KnownKey.GrpcStatus)) is { } grpc
            && ((span.Kind is SpanKind.Server && grpc is 2 or 4 or 12 or 13 or 14 or 15) || (span.Kind is SpanKind.Client && grpc != 0)))
        {
            return true;
        }

        return rules.BusinessCode.Length > 0
            && batch.Find(span.Attributes, Encoding.UTF8.GetBytes(rules.BusinessCode)) is { } business
            && !rules.AcceptedCodes.Contains(business.Kind is ValueKind.Text ? batch.TextOf(business.Text) : business.Number.ToString(CultureInfo.InvariantCulture));
    }

    private static bool IsIgnored(SpanBatch batch, in SpanData span, in KnownAttributes known, ServiceRules rules, string code)
    {
        if (rules.Ignored.Contains(code) || rules.Ignored.Contains(known.First(KnownKey.ErrorType)) || rules.Ignored.Contains(known.First(KnownKey.ExceptionType)))
        {
            return true;
        }

        for (var i = 0; i < span.Events.Count; i++)
        {
            if (batch.Find(batch.Events[span.Events.First + i].Attributes, "exception.type"u8) is { Kind: ValueKind.Text } type && rules.Ignored.Contains(batch.TextOf(type.Text)))
            {
                return true;
            }
        }

        return false;
    }

    private static uint Address(in KnownAttributes known)
    {
        foreach (var key in (ReadOnlySpan<KnownKey>)[KnownKey.ClientAddress, KnownKey.NetworkPeerAddress, KnownKey.SocketPeerAddress, KnownKey.PeerIp, KnownKey.HttpClientIp])
        {
            if (known.Text(key) is { IsEmpty: false, Length: <= MostAddress } text && NumberOf(text) is > 0 and var address)
            {
                return address;
            }
        }

        return 0;
    }

    /// <summary>An IPv4 address, also when it is in the form of IPv6; empty when the text is none.</summary>
    public static string IpV4(ReadOnlySpan<byte> text) => Parse(text)?.ToString() ?? "";

    // The usual form is read where it lies; whatever else the parser knows as one is left to it.
    private static uint NumberOf(ReadOnlySpan<byte> text)
    {
        var (number, part, digits, dots) = (0U, 0U, 0, 0);
        foreach (var c in text)
        {
            if (c is >= (byte)'0' and <= (byte)'9' && (digits == 0 || part > 0) && (part * 10) + c - '0' <= 255)
            {
                part = (part * 10) + c - '0';
                digits++;
            }
            else if (c == '.' && digits > 0 && dots < 3)
            {
                (number, part, digits) = ((number << 8) | part, 0, 0);
                dots++;
            }
            else
            {
                return Parse(text) is { } address ? BinaryPrimitives.ReadUInt32BigEndian(address.GetAddressBytes()) : 0;
            }
        }

        return dots == 3 && digits > 0 ? (number << 8) | part : Parse(text) is { } other ? BinaryPrimitives.ReadUInt32BigEndian(other.GetAddressBytes()) : 0;
    }

    private static IPAddress? Parse(ReadOnlySpan<byte> text)
    {
        if (!IPAddress.TryParse(text, out var address))
        {
            return null;
        }

        address = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

        // A number alone is an address to the parser.
        return address.AddressFamily is AddressFamily.InterNetwork && text.Contains((byte)'.') ? address : null;
    }

    private static string WithPort(in KnownAttributes known, KnownKey address, KnownKey port) => known.First(address) is not { Length: > 0 } host ? ""
        : known.Number(port) is { } number ? Join(host, number)
        : host;

    private static string Join(string host, long port)
    {
        var text = new DefaultInterpolatedStringHandler(1, 2, CultureInfo.InvariantCulture, stackalloc char[128]);
        text.AppendFormatted(host);
        text.AppendLiteral(":");
        text.AppendFormatted(port);
        return Shared(ref text);
    }

    private static string Join(string kind, string system, string place)
    {
        var text = new DefaultInterpolatedStringHandler(1, 3, CultureInfo.InvariantCulture, stackalloc char[128]);
        text.AppendLiteral(kind);
        text.AppendFormatted(system);
        text.AppendLiteral("/");
        text.AppendFormatted(place);
        return Shared(ref text);
    }

    private static string Shared(ref DefaultInterpolatedStringHandler text)
    {
        var shared = SharedTexts.Of(text.Text);
        text.Clear();
        return shared;
    }

    private static string Resource(in KnownAttributes known, SpanKind kind, SpanCategory category) => (category, kind) switch
    {
        (SpanCategory.Database or SpanCategory.Cache, SpanKind.Client) =>
            Join(category is SpanCategory.Cache ? "CACHE:" : "DATABASE:", known.First(KnownKey.DbSystemName, KnownKey.DbSystem), DatabasePlace(known)),
        (SpanCategory.Messaging, SpanKind.Producer or SpanKind.Consumer or SpanKind.Client) => Join("MQ:", known.First(KnownKey.MessagingSystem), Destination(known)),
        _ => "",
    };

    private static string DatabasePlace(in KnownAttributes known) =>
        known.First(KnownKey.ServerAddress, KnownKey.PeerName, KnownKey.NetworkPeerAddress, KnownKey.SocketPeerAddress, KnownKey.DbNamespace, KnownKey.DbName);

    private static string Cut(string name) => Text.Cut(name, HttpTransaction.MaxLength);
}
