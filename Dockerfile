# The service. Build: docker build -t frontdesk .
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
ARG VERSION=dev
RUN CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /frontdesk ./cmd/frontdesk

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates tzdata tesseract-ocr tesseract-ocr-fra tesseract-ocr-ita tesseract-ocr-rus tesseract-ocr-spa tesseract-ocr-deu tesseract-ocr-por tesseract-ocr-ara && rm -rf /var/lib/apt/lists/* \
 && useradd --system --home-dir /var/lib/frontdesk --create-home --uid 10001 frontdesk
COPY --from=build /frontdesk /usr/local/bin/frontdesk
USER 10001
ENV FRONTDESK_HOME=/var/lib/frontdesk FRONTDESK_ADDR=0.0.0.0:8080
VOLUME /var/lib/frontdesk
EXPOSE 8080
ENTRYPOINT ["frontdesk"]
CMD ["serve"]
