namespace Stagedoor.Tracing.Model;

/// <summary>The attributes that the model is made of, in the spellings of now and of before.</summary>
internal enum KnownKey : byte
{
    /// <summary><c>http.request.method</c></summary>
    HttpRequestMethod,
    /// <summary><c>http.method</c></summary>
    HttpMethod,
    /// <summary><c>http.response.status_code</c></summary>
    HttpResponseStatus,
    /// <summary><c>http.status_code</c></summary>
    HttpStatus,
    /// <summary><c>http.route</c></summary>
    HttpRoute,
    /// <summary><c>url.template</c></summary>
    UrlTemplate,
    /// <summary><c>url.path</c></summary>
    UrlPath,
    /// <summary><c>url.full</c></summary>
    UrlFull,
    /// <summary><c>http.target</c></summary>
    HttpTarget,
    /// <summary><c>http.url</c></summary>
    HttpUrl,
    /// <summary><c>http.path</c></summary>
    HttpPath,
    /// <summary><c>rpc.system.name</c></summary>
    RpcSystemName,
    /// <summary><c>rpc.system</c></summary>
    RpcSystem,
    /// <summary><c>rpc.method</c></summary>
    RpcMethod,
    /// <summary><c>rpc.service</c></summary>
    RpcService,
    /// <summary><c>rpc.status_code</c></summary>
    RpcStatus,
    /// <summary><c>rpc.response.status_code</c></summary>
    RpcResponseStatus,
    /// <summary><c>rpc.grpc.status_code</c></summary>
    GrpcStatus,
    /// <summary><c>messaging.system</c></summary>
    MessagingSystem,
    /// <summary><c>messaging.operation.name</c></summary>
    MessagingOperationName,
    /// <summary><c>messaging.operation.type</c></summary>
    MessagingOperationType,
    /// <summary><c>messaging.operation</c></summary>
    MessagingOperation,
    /// <summary><c>messaging.destination.template</c></summary>
    MessagingTemplate,
    /// <summary><c>messaging.destination.name</c></summary>
    MessagingDestinationName,
    /// <summary><c>messaging.destination</c></summary>
    MessagingDestination,
    /// <summary><c>messaging.destination.temporary</c></summary>
    MessagingTemporary,
    /// <summary><c>messaging.destination.anonymous</c></summary>
    MessagingAnonymous,
    /// <summary><c>faas.name</c></summary>
    FaasName,
    /// <summary><c>faas.trigger</c></summary>
    FaasTrigger,
    /// <summary><c>client.address</c></summary>
    ClientAddress,
    /// <summary><c>network.peer.address</c></summary>
    NetworkPeerAddress,
    /// <summary><c>network.peer.port</c></summary>
    NetworkPeerPort,
    /// <summary><c>net.sock.peer.addr</c></summary>
    SocketPeerAddress,
    /// <summary><c>net.sock.peer.port</c></summary>
    SocketPeerPort,
    /// <summary><c>net.peer.ip</c></summary>
    PeerIp,
    /// <summary><c>net.peer.name</c></summary>
    PeerName,
    /// <summary><c>net.peer.port</c></summary>
    PeerPort,
    /// <summary><c>http.client_ip</c></summary>
    HttpClientIp,
    /// <summary><c>server.address</c></summary>
    ServerAddress,
    /// <summary><c>server.port</c></summary>
    ServerPort,
    /// <summary><c>service.peer.name</c></summary>
    ServicePeerName,
    /// <summary><c>peer.service</c></summary>
    PeerService,
    /// <summary><c>db.system.name</c></summary>
    DbSystemName,
    /// <summary><c>db.system</c></summary>
    DbSystem,
    /// <summary><c>db.namespace</c></summary>
    DbNamespace,
    /// <summary><c>db.name</c></summary>
    DbName,
    /// <summary><c>db.query.text</c></summary>
    DbQueryText,
    /// <summary><c>db.statement</c></summary>
    DbStatement,
    /// <summary><c>db.operation.name</c></summary>
    DbOperationName,
    /// <summary><c>db.operation</c></summary>
    DbOperation,
    /// <summary><c>db.response.status_code</c></summary>
    DbResponseStatus,
    /// <summary><c>error.type</c></summary>
    ErrorType,
    /// <summary><c>error</c></summary>
    Error,
    /// <summary><c>exception.type</c></summary>
    ExceptionType,
    /// <summary><c>thread.id</c></summary>
    ThreadId,
    /// <summary><c>apm.monitor_group</c></summary>
    MonitorGroup,
    /// <summary><c>service.name</c></summary>
    ServiceName,
    /// <summary><c>service.namespace</c></summary>
    ServiceNamespace,
    /// <summary><c>service.instance.id</c></summary>
    ServiceInstance,
    /// <summary><c>k8s.namespace.name</c></summary>
    K8sNamespace,
    /// <summary><c>k8s.pod.name</c></summary>
    K8sPod,
    /// <summary><c>k8s.cluster.name</c></summary>
    K8sCluster,
    /// <summary><c>k8s.cluster.uid</c></summary>
    K8sClusterUid,
    /// <summary><c>container.id</c></summary>
    ContainerId,
    /// <summary><c>host.name</c></summary>
    HostName,
    /// <summary><c>process.pid</c></summary>
    ProcessId,
    /// <summary><c>deployment.environment.name</c></summary>
    EnvironmentName,
    /// <summary><c>deployment.environment</c></summary>
    Environment,
    /// <summary><c>network.local.address</c></summary>
    LocalAddress,
    /// <summary><c>network.local.port</c></summary>
    LocalPort,
    /// <summary><c>telemetry.sdk.language</c></summary>
    SdkLanguage,
    /// <summary><c>service.version</c></summary>
    ServiceVersion,
    /// <summary><c>error.code</c></summary>
    ErrorCode,
    /// <summary><c>http.response.header.x-stagedoor-error-code</c></summary>
    ErrorCodeHeader,
}
