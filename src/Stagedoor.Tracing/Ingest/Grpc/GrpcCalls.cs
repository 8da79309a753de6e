using System.IO.Compression;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;

namespace Stagedoor.Tracing.Ingest.Grpc;

/// <summary>How the framework for gRPC is set up, and what its services have in common. Messages are bytes here: they are read and written by what reads and writes OTLP.</summary>
internal static class GrpcCalls
{
    /// <summary>The bytes of a message as they are.</summary>
    public static Marshaller<byte[]> Bytes { get; } = Marshallers.Create(static bytes => bytes, static bytes => bytes);

    public static void Add(IServiceCollection services)
    {
        services.AddGrpc(static options =>
        {
            // Other paths are refused where those of every protocol are.
            options.IgnoreUnknownServices = true;
            options.CompressionProviders = [new GzipCompressionProvider(CompressionLevel.Fastest)];
        });

        // What it has to say of calls that fail is for their senders, who are told. What is ours is logged here.
        services.AddLogging(static logging => logging.AddFilter("Grpc", LogLevel.None));
        Add<ExportTracesByGrpc>(services);
        Add<CheckHealthByGrpc>(services);
    }

    private static void Add<T>(IServiceCollection services)
        where T : class, IGrpcService<T>
    {
        services.AddSingleton<T>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IServiceMethodProvider<T>, MethodProvider<T>>());
    }

    private sealed class MethodProvider<T> : IServiceMethodProvider<T>
        where T : class, IGrpcService<T>
    {
        public void OnServiceMethodDiscovery(ServiceMethodProviderContext<T> context) => context.AddUnaryMethod(
            new Method<byte[], byte[]>(MethodType.Unary, T.Service, T.Method, Bytes, Bytes), [new HttpMethodMetadata([HttpMethods.Post])], static (service, request, call) => service.AnswerAsync(request, call));
    }
}

/// <summary>A service with one method.</summary>
internal interface IGrpcService<T>
    where T : class
{
    /// <summary>Its full name.</summary>
    static abstract string Service { get; }

    /// <summary>The method's name.</summary>
    static abstract string Method { get; }

    /// <summary>Answers a call.</summary>
    /// <param name="request">Its message.</param>
    /// <param name="call">The call.</param>
    /// <exception cref="RpcException">It is refused.</exception>
    Task<byte[]> AnswerAsync(byte[] request, ServerCallContext call);
}
