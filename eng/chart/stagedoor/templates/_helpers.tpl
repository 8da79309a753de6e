{{- define "stagedoor.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- else if contains "stagedoor" .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-stagedoor" .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "stagedoor.selector" -}}
app.kubernetes.io/name: {{ .Values.nameOverride | default .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "stagedoor.labels" -}}
{{ include "stagedoor.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "stagedoor.scheme" -}}
{{- if .Values.tls.existingSecret }}https{{ else }}http{{ end -}}
{{- end -}}

{{- define "stagedoor.port" -}}
{{- if .Values.tls.existingSecret }}8443{{ else }}8080{{ end -}}
{{- end -}}

{{- define "stagedoor.servicePort" -}}
{{- if .Values.service.port }}{{ .Values.service.port }}{{ else if .Values.tls.existingSecret }}443{{ else }}80{{ end -}}
{{- end -}}

{{- define "stagedoor.externalUrl" -}}
{{- if .Values.externalUrl -}}
{{- .Values.externalUrl -}}
{{- else if .Values.ingress.enabled -}}
{{- if .Values.ingress.tlsSecret }}https{{ else }}http{{ end }}://{{ .Values.ingress.host }}
{{- end -}}
{{- end -}}

{{- /* What cannot work is refused here, and not by pods that do not start. */ -}}
{{- define "stagedoor.check" -}}
{{- if and (eq .Values.storage.database "postgresql") (not .Values.storage.postgresql.existingSecret) -}}
{{- fail "storage.database is postgresql: name the secret with the connection string in storage.postgresql.existingSecret." -}}
{{- end -}}
{{- if eq .Values.storage.blobs "s3" -}}
{{- if not (and .Values.storage.s3.endpoint .Values.storage.s3.bucket .Values.storage.s3.existingSecret) -}}
{{- fail "storage.blobs is s3: set storage.s3.endpoint, storage.s3.bucket and storage.s3.existingSecret." -}}
{{- end -}}
{{- end -}}
{{- if gt (int .Values.replicas) 1 -}}
{{- if ne .Values.storage.database "postgresql" -}}
{{- fail (printf "replicas is %d: more than one need a database that all of them use. Set storage.database to postgresql." (int .Values.replicas)) -}}
{{- end -}}
{{- if ne .Values.storage.blobs "s3" -}}
{{- fail (printf "replicas is %d: more than one need a blob store that all of them use. Set storage.blobs to s3." (int .Values.replicas)) -}}
{{- end -}}
{{- if not .Values.masterKey.existingSecret -}}
{{- fail (printf "replicas is %d: more than one need the same master key. Name its secret in masterKey.existingSecret." (int .Values.replicas)) -}}
{{- end -}}
{{- end -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) -}}
{{- fail "ingress.enabled is true: set ingress.host." -}}
{{- end -}}
{{- end -}}
